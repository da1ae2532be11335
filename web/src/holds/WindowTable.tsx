/** Maintenance windows: running ones first, with what each person may do about them. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { WindowItem } from "../api/schema";
import { actorName } from "../alarms/actorName";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { useMay, useSession } from "../session";
import { ActDialog } from "../ui/ActDialog";
import { HighIcon } from "../ui/icons";
import { byLife, holdState } from "./holdState";
import { HoldStateText, SpanText } from "./HoldStateText";
import { ScopeText } from "./ScopeText";
import { Head } from "../ui/Head";

type Deed = "confirm" | "end";

export function WindowTable({ windows }: { windows: readonly WindowItem[] }) {
  const { t } = useWords();
  const now = useNow();
  const sorted = [...windows].sort(byLife(now));
  return (
    <table className="sw-table sw-stack">
      <Head
        columns={[
          t("state.title"),
          t("holds.what"),
          t("console.reason"),
          t("holds.when"),
          t("holds.who"),
        ]}
        acts
      />
      <tbody>
        {sorted.map((one) => (
          <Row key={one.id} one={one} over={holdState(one, now) === "over"} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ one, over }: { one: WindowItem; over: boolean }) {
  const { t, say } = useWords();
  return (
    <tr className={over ? "sw-over" : ""} data-window={one.id} data-running={one.running}>
      <td>
        <HoldStateText one={one} />
      </td>
      <td>
        <ScopeText site={one.site} devices={one.devices} />
        <div className="sw-small">
          {one.classes.length === 0
            ? t("holds.ordinary_classes")
            : one.classes.map((each) => say("alarm_class", each)).join(t("console.and"))}
          {one.rules.length > 0 && ` · ${one.rules.join(", ")}`}
        </div>
      </td>
      <td className="sw-names">{one.reason}</td>
      <td className="sw-nowrap sw-small">
        <SpanText one={one} />
      </td>
      <td className="sw-small">
        {one.owner}
        <div className="sw-dim">{t("holds.by", { name: actorName(one.created_by) })}</div>
        {one.confirmed_by !== null && (
          <div className="sw-dim">
            {t("holds.confirmed_by", { name: actorName(one.confirmed_by) })}
          </div>
        )}
        {one.ended_by !== null && (
          <div className="sw-dim">{t("holds.ended_by", { name: actorName(one.ended_by) })}</div>
        )}
        {one.needs_second_person && !over && (
          <div className="sw-old">
            <HighIcon size={12} /> {t("holds.needs_second")}
          </div>
        )}
      </td>
      <td>{!over && <Deeds one={one} />}</td>
    </tr>
  );
}

function Deeds({ one }: { one: WindowItem }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const mayAct = useMay("drill");
  const me = useSession()?.username ?? "";
  const [deed, setDeed] = useState<Deed | null>(null);
  if (!mayAct) return null;
  const mine = [`person:${me}`, me].some((each) => each === one.created_by || each === one.owner);
  return (
    <span className="sw-actions">
      {one.needs_second_person &&
        (mine ? (
          <small className="sw-dim">{t("holds.other_person")}</small>
        ) : (
          <Button size="compact-sm" onClick={() => setDeed("confirm")}>
            {t("holds.confirm")}
          </Button>
        ))}
      <Button size="compact-sm" variant="outline" onClick={() => setDeed("end")}>
        {t("holds.end")}
      </Button>
      {deed !== null && (
        <ActDialog
          title={t(deed === "confirm" ? "holds.confirm_title" : "holds.end_window_title")}
          submit={t(deed === "confirm" ? "holds.confirm" : "holds.end")}
          explain={t(deed === "confirm" ? "holds.confirm_text" : "holds.end_window_text")}
          act={() => write("POST", `/maintenance/${one.id}/${deed}`)}
          onClose={() => setDeed(null)}
          onSettled={() => {
            void queries.invalidateQueries({ queryKey: ["maintenance"] });
            void queries.invalidateQueries({ queryKey: ["alarms"] });
          }}
        >
          <div>
            <ScopeText site={one.site} devices={one.devices} />
            <div className="sw-dim">{one.reason}</div>
          </div>
        </ActDialog>
      )}
    </span>
  );
}
