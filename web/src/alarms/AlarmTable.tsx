/** Alarms in rows, the most urgent first. */

import type { ReactNode } from "react";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { AlarmRow } from "./AlarmRow";

interface AlarmTableProps {
  alarms: readonly AlarmItem[];
  /** Opens an alarm's details. */
  onOpen: (alarm: AlarmItem) => void;
  /** Without the device, where it is the same for all. */
  plain?: boolean;
}

export function AlarmTable({ alarms, onOpen, plain = false }: AlarmTableProps) {
  return (
    <AlarmGrid plain={plain}>
      {alarms.map((alarm) => (
        <AlarmRow key={alarm.id} alarm={alarm} onOpen={onOpen} plain={plain} />
      ))}
    </AlarmGrid>
  );
}

/** The table with its headings. */
export function AlarmGrid({ plain = false, children }: { plain?: boolean; children: ReactNode }) {
  const { t } = useWords();
  return (
    <table className="sw-table sw-stack sw-alarms">
      <thead>
        <tr>
          <th scope="col">{t("alarms.severity")}</th>
          <th scope="col">{t("alarms.alarm")}</th>
          <th scope="col">{t("state.title")}</th>
          {!plain && <th scope="col">{t("alarms.where")}</th>}
          <th scope="col">{t("alarms.raised")}</th>
          <th scope="col">
            <span className="sw-hidden">{t("alarms.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
