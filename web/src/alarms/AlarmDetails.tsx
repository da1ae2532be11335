/** One alarm with everything that happened to it, in a drawer at the side. */

import { Drawer, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AlarmItem } from "../api/schema";
import { alarmEventsQuery, deviceOf } from "../api/queries";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { AlarmStateText } from "../ui/badges";
import { Facts } from "../ui/Facts";
import { Loaded } from "../ui/states";
import { AlarmActions } from "./AlarmActions";
import { AlarmHeadline } from "./AlarmHeadline";
import { RescueClock } from "./RescueClock";

/** A person by name alone; a machine (`token:NAME`) as what it is. */
function actorName(actor: string): string {
  return actor.replace(/^person:/, "");
}

export function AlarmDetails({ alarm, onClose }: { alarm: AlarmItem; onClose: () => void }) {
  const { t, language, say } = useWords();
  const time = (text: string | null | undefined) =>
    text == null ? null : dateTime(Date.parse(text), language);
  const part = alarm.device.split("/")[1];
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={`${t("alarms.alarm")} ${alarm.id}`}
      closeButtonProps={{ "aria-label": t("alarms.cancel") }}
    >
      <Stack gap="md">
        <AlarmHeadline alarm={alarm} />
        <div>
          <AlarmStateText alarm={alarm} /> <AlarmActions alarm={alarm} />
        </div>
        <RescueClock alarm={alarm} />
        <Facts
          rows={[
            [t("alarms.raised"), time(alarm.raised_at)],
            [t("alarms.cleared"), time(alarm.cleared_at)],
            [
              t("alarms.acknowledge"),
              alarm.acked_by == null
                ? null
                : `${actorName(alarm.acked_by)} · ${time(alarm.acked_at) ?? ""}`,
            ],
            [t("alarms.note"), alarm.note],
            [t("alarms.class"), say("alarm_class", alarm.alarm_class)],
            [t("alarms.rule"), alarm.rule],
            [t("alarms.point"), alarm.point],
            [t("alarms.value"), alarm.value === null ? null : String(alarm.value)],
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
        <section aria-labelledby="alarm-events">
          <h2 id="alarm-events" className="sw-h3">
            {t("alarms.events")}
          </h2>
          <Events alarm={alarm.id} />
        </section>
      </Stack>
    </Drawer>
  );
}

function Events({ alarm }: { alarm: number }) {
  const { t, language, say } = useWords();
  const answer = useQuery(alarmEventsQuery(alarm));
  return (
    <Loaded answer={answer}>
      {(events) => (
        <ol className="sw-events">
          {events.map((event, index) => (
            <li key={index}>
              <time dateTime={event.at}>{dateTime(Date.parse(event.at), language)}</time>
              <span>
                <b>{say("alarm_event", event.event)}</b>{" "}
                <span className="sw-dim">
                  {event.actor === null ? t("alarms.system_actor") : actorName(event.actor)}
                </span>
                {event.note !== null && event.note !== "" && <div>{event.note}</div>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}
