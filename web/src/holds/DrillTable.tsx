/** Announced drills: running ones first, to be ended early by whoever may. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { DrillItem } from "../api/schema";
import { actorName } from "../alarms/actorName";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { useMay } from "../session";
import { ActDialog } from "../ui/ActDialog";
import { byLife, holdState } from "./holdState";
import { HoldStateText, SpanText } from "./HoldStateText";
import { ScopeText } from "./ScopeText";
import { Head } from "../ui/Head";

export function DrillTable({ drills }: { drills: readonly DrillItem[] }) {
  const { t, say } = useWords();
  const now = useNow();
  const sorted = [...drills].sort(byLife(now));
  return (
    <table className="sw-table sw-stack">
      <Head
        columns={[
          t("state.title"),
          t("alarms.class"),
          t("holds.what"),
          t("console.reason"),
          t("holds.when"),
          t("holds.who"),
        ]}
        acts
      />
      <tbody>
        {sorted.map((one) => {
          const over = holdState(one, now) === "over";
          return (
            <tr
              key={one.id}
              className={over ? "sw-over" : ""}
              data-drill={one.id}
              data-running={one.running}
            >
              <td>
                <HoldStateText one={one} />
              </td>
              <td>{say("alarm_class", one.alarm_class)}</td>
              <td>
                <ScopeText site={one.site} devices={one.devices} />
              </td>
              <td className="sw-names">{one.reason}</td>
              <td className="sw-nowrap sw-small">
                <SpanText one={one} />
              </td>
              <td className="sw-small">
                {one.owner}
                <div className="sw-dim">{t("holds.by", { name: actorName(one.created_by) })}</div>
                {one.ended_by !== null && (
                  <div className="sw-dim">
                    {t("holds.ended_by", { name: actorName(one.ended_by) })}
                  </div>
                )}
              </td>
              <td>{!over && <EndDrill one={one} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function EndDrill({ one }: { one: DrillItem }) {
  const { t, say } = useWords();
  const queries = useQueryClient();
  const mayEnd = useMay("drill");
  const [asked, setAsked] = useState(false);
  if (!mayEnd) return null;
  return (
    <>
      <Button size="compact-sm" variant="outline" onClick={() => setAsked(true)}>
        {t("holds.end")}
      </Button>
      {asked && (
        <ActDialog
          title={t("holds.end_drill_title")}
          submit={t("holds.end")}
          explain={t("holds.end_drill_text")}
          act={() => write("POST", `/drills/${one.id}/end`)}
          onClose={() => setAsked(false)}
          onSettled={() => {
            void queries.invalidateQueries({ queryKey: ["drills"] });
            void queries.invalidateQueries({ queryKey: ["alarms"] });
          }}
        >
          <div>
            <b>{say("alarm_class", one.alarm_class)}</b> ·{" "}
            <ScopeText site={one.site} devices={one.devices} />
            <div className="sw-dim">{one.reason}</div>
          </div>
        </ActDialog>
      )}
    </>
  );
}
