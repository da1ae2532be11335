/** One alarm with everything that happened to it, in a drawer at the side. */

import { Drawer, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { alarmQuery } from "../api/deskQueries";
import type { AlarmEvent, AlarmItem } from "../api/schema";
import { alarmEventsQuery, deviceOf } from "../api/queries";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { AlarmStateText } from "../ui/badges";
import { Facts } from "../ui/Facts";
import { Loaded } from "../ui/states";
import { actorName } from "./actorName";
import { AlarmOrder } from "../orders/AlarmOrder";
import { AlarmActions } from "./AlarmActions";
import { AlarmHeadline } from "./AlarmHeadline";
import { RescueClock } from "./RescueClock";
import { HoldBadges } from "./HoldBadges";
import { Telling } from "./Telling";

export function AlarmDetails({ alarm, onClose }: { alarm: number; onClose: () => void }) {
  const { t } = useWords();
  const answer = useQuery(alarmQuery(alarm));
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={`${t("alarms.alarm")} ${alarm}`}
      closeButtonProps={{ "aria-label": t("alarms.cancel") }}
    >
      <Loaded answer={answer}>{(found) => <Details alarm={found} />}</Loaded>
    </Drawer>
  );
}

function Details({ alarm }: { alarm: AlarmItem }) {
  const { t } = useWords();
  const mayKnow = useMay("told");
  const events = useQuery(alarmEventsQuery(alarm.id));
  return (
    <Stack gap="md">
      <AlarmHeadline alarm={alarm} />
      <div>
        <div className="sw-detail-state">
          <AlarmStateText alarm={alarm} />
          <AlarmActions alarm={alarm} />
        </div>
        <HoldBadges alarm={alarm} />
      </div>
      <RescueClock alarm={alarm} />
      {mayKnow && (
        <Section id="alarm-told" title={t("console.told")}>
          <Telling alarm={alarm.id} />
        </Section>
      )}
      <AlarmFacts alarm={alarm} events={events.data ?? []} />
      <AlarmOrder alarm={alarm} />
      <Section id="alarm-events" title={t("alarms.events")}>
        <Loaded answer={events}>{(found) => <Events events={found} />}</Loaded>
      </Section>
    </Stack>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="sw-h3">
        {title}
      </h2>
      {children}
    </section>
  );
}

function AlarmFacts({ alarm, events }: { alarm: AlarmItem; events: readonly AlarmEvent[] }) {
  const { t, language, say, name } = useWords();
  const time = (text: string | null | undefined) =>
    text == null ? null : dateTime(Date.parse(text), language);
  const part = alarm.device.split("/")[1];
  const vendor = ({ vendor: said }: AlarmItem) =>
    said == null
      ? null
      : [
          said.fault_class === null ? name(said.text) : `${said.code} ${name(said.text)}`,
          said.vendor_class,
          say("fault_class", said.fault_class),
        ]
          .filter(Boolean)
          .join(" · ");
  const acked = alarm.acked_by == null ? null : actorName(alarm.acked_by);
  const found = events.findLast((event) => event.event === "found");
  return (
    <Facts
      rows={[
        [t("alarms.raised"), time(alarm.raised_at)],
        [t("alarms.cleared"), time(alarm.cleared_at)],
        [
          t("alarms.acknowledge"),
          acked === null ? null : `${acked} · ${time(alarm.acked_at) ?? ""}`,
        ],
        [t("console.finding"), found === undefined ? null : <FoundText key="f" event={found} />],
        [t("alarms.note"), alarm.note],
        [t("alarms.class"), say("alarm_class", alarm.alarm_class)],
        [t("alarms.rule"), alarm.rule],
        [t("alarms.point"), alarm.point],
        [t("alarms.value"), alarm.value === null ? null : String(alarm.value)],
        [t("vendor.title"), vendor(alarm)],
        [
          t("alarms.device"),
          <Link
            key="device"
            to="/devices/$device"
            params={{ device: deviceOf(alarm.device) }}
            search={part === undefined ? {} : { part }}
          >
            {alarm.device}
          </Link>,
        ],
      ]}
    />
  );
}

function FoundText({ event }: { event: AlarmEvent }) {
  const { say } = useWords();
  return (
    <b data-finding={String(event.value)}>
      {say("finding", event.value == null ? null : String(event.value))}
    </b>
  );
}

function Events({ events }: { events: readonly AlarmEvent[] }) {
  const { t, language, say } = useWords();
  return (
    <ol className="sw-events">
      {events.map((event, index) => (
        <li key={index}>
          <time dateTime={event.at}>{dateTime(Date.parse(event.at), language)}</time>
          <span>
            <b>{say("alarm_event", event.event)}</b>
            {event.event === "found" && (
              <>
                {": "}
                <FoundText event={event} />
              </>
            )}{" "}
            <span className="sw-dim">
              {event.actor === null ? t("alarms.system_actor") : actorName(event.actor)}
            </span>
            {event.note !== null && event.note !== "" && <div>{event.note}</div>}
          </span>
        </li>
      ))}
    </ol>
  );
}
