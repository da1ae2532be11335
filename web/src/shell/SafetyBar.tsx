/** The bar on every page: the alarms on which lives may hang, with their count, never scrolled off. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useDeviceName, useWhere } from "../alarms/AlarmHeadline";
import { groupsQuery } from "../api/deskQueries";
import { deviceOf } from "../api/queries";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { useLink } from "../live/hooks";
import { CheckIcon, EmergencyIcon, UnknownIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { soundAlarm } from "./sound";

export function SafetyBar() {
  const { t } = useWords();
  const link = useLink();
  // Counted by the service: a fire may have more alarms than any list that is loaded here.
  const answer = useQuery(groupsQuery({ state: "open", severity: "emergency" }, 1));
  const tests = answer.data?.tests ?? 0;
  const real = (answer.data?.alarms ?? 0) - tests;
  const waiting = answer.data?.unacked ?? 0;
  useEffect(() => {
    soundAlarm(waiting > 0);
    return () => soundAlarm(false);
  }, [waiting]);
  useEffect(() => {
    document.title = real > 0 ? `(${real}) sitewatch` : "sitewatch";
  }, [real]);

  const blind = link.state === "down" || answer.data === undefined;
  const first = answer.data?.items[0]?.lead;
  if (first === undefined || real === 0) {
    return (
      <section className="sw-safety sw-safety-none" aria-label={t("safety.label")}>
        {blind ? <UnknownIcon /> : <CheckIcon />}
        <span role="status">{t(blind ? "safety.unknown" : "safety.none")}</span>
        <Tests count={tests} />
      </section>
    );
  }
  const tone = waiting > 0 ? "sw-safety-waiting" : "sw-safety-acked";
  return (
    <section className={`sw-safety ${tone}`} aria-label={t("safety.label")} data-testid="safety">
      <EmergencyIcon size={22} />
      <strong role="alert">{t("safety.count", { count: real })}</strong>
      <span className="sw-safety-state">
        {waiting > 0 ? t("safety.unacked", { count: waiting }) : t("safety.all_acked")}
      </span>
      <First alarm={first} />
      {real > 1 && <span>{t("safety.more", { count: real - 1 })}</span>}
      <Tests count={tests} />
      <Link className="sw-safety-show" to="/alarms" search={{ severity: "emergency" }}>
        {t("safety.show")}
      </Link>
    </section>
  );
}

function First({ alarm }: { alarm: AlarmItem }) {
  const { name } = useWords();
  const where = useWhere();
  const deviceName = useDeviceName();
  const part = alarm.device.split("/")[1];
  return (
    <Link
      className="sw-safety-first"
      to="/devices/$device"
      params={{ device: deviceOf(alarm.device) }}
      search={part === undefined ? {} : { part }}
    >
      <b>{name(alarm.title)}</b> · {where(alarm)} · {deviceName(alarm)} ·{" "}
      <Age at={Date.parse(alarm.raised_at)} word="since" />
    </Link>
  );
}

function Tests({ count }: { count: number }) {
  const { t } = useWords();
  if (count === 0) return null;
  return (
    <Link to="/alarms" className="sw-test">
      {t("safety.tests", { count })}
    </Link>
  );
}
