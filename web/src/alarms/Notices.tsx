/** Above the list: a flood of alarms, and alarms that come again and again. */

import { Link } from "@tanstack/react-router";
import { useWords } from "../i18n";
import { HighIcon, InfoIcon } from "../ui/icons";
import { useAlarms } from "./useAlarms";

export function Notices({ chattering }: { chattering: number }) {
  const { t, name } = useWords();
  const own = useAlarms({ state: "open", alarm_class: "service" });
  const floods = (own.data ?? []).filter((alarm) => alarm.rule === "alarm_flood" && alarm.active);
  return (
    <>
      {floods.map((alarm) => (
        <p key={alarm.id} className="sw-warning" role="status" data-testid="flood">
          <HighIcon /> <b>{name(alarm.title)}</b> ·{" "}
          {alarm.place_path.map(name).join(" / ") || name(alarm.device_name)} ·{" "}
          {t("console.flood_text")}{" "}
          <Link to="/alarms" search={{ severity: "emergency" }}>
            {t("console.flood_show")}
          </Link>
        </p>
      ))}
      {chattering > 0 && (
        <p className="sw-hint" role="status">
          <InfoIcon /> {t("console.chattering", { count: chattering })}
        </p>
      )}
    </>
  );
}
