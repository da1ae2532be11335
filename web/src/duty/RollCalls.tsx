/** Roll-calls: the centre asks, the desk of a site answers within its minutes. */

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import { rollCallsQuery } from "../api/deskQueries";
import type { RollCallItem } from "../api/schema";
import { actorName } from "../alarms/actorName";
import { refreshAlarms } from "../alarms/useAlarms";
import { countdown, dateTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { useMay } from "../session";
import { CheckIcon, ClockIcon, HighIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";
import { Head } from "../ui/Head";

export function RollCalls() {
  const { t } = useWords();
  const answer = useQuery(rollCallsQuery);
  const mayAsk = useMay("ask_roll_call");
  return (
    <>
      <p className="sw-dim sw-last sw-prose">{t("duty.call_explain")}</p>
      {mayAsk && <Ask />}
      <section className="sw-panel" aria-label={t("duty.roll_calls")}>
        <Loaded answer={answer}>
          {(found) =>
            found.items.length === 0 ? (
              <Empty>{t("duty.no_calls")}</Empty>
            ) : (
              <table className="sw-table sw-stack">
                <Head
                  columns={[
                    t("state.title"),
                    t("alarms.site"),
                    t("duty.asked"),
                    t("duty.answered"),
                  ]}
                />
                <tbody>
                  {found.items.map((one) => (
                    <Row key={one.id} one={one} />
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function Ask() {
  const { t } = useWords();
  const queries = useQueryClient();
  const tree = useSites().data;
  const [site, setSite] = useState<string>();
  const asking = useMutation({
    mutationFn: () => write("POST", "/roll-calls", { site }),
    onSettled: () => refreshAlarms(queries),
  });
  return (
    <div className="sw-filters">
      <SiteSelect
        tree={tree}
        label={t("duty.call_site")}
        anywhere={t("holds.choose_site")}
        value={site}
        onChange={setSite}
      />
      <Button
        size="xs"
        disabled={site === undefined}
        loading={asking.isPending}
        onClick={() => asking.mutate()}
      >
        {t("duty.call")}
      </Button>
      {asking.error !== null && (
        <span className="sw-sev-high" role="alert">
          {asking.error.message}
        </span>
      )}
    </div>
  );
}

function Row({ one }: { one: RollCallItem }) {
  const { t, language, name } = useWords();
  const site = useSites().data?.get(one.site);
  const asked = Date.parse(one.asked_at);
  const answered = one.answered_at === null ? null : Date.parse(one.answered_at);
  return (
    <tr data-call={one.id} className={answered === null ? "sw-row-waiting" : ""}>
      <td>
        <CallState one={one} />
      </td>
      <td>{site === undefined ? one.site : name(site.name)}</td>
      <td>
        {dateTime(asked, language)}
        <div className="sw-dim sw-small">{actorName(one.asked_by)}</div>
      </td>
      <td>
        {answered !== null && (
          <>
            {dateTime(answered, language)}
            <div className="sw-dim sw-small">
              {actorName(one.answered_by ?? "")} ·{" "}
              {t("duty.after", { age: duration(answered - asked, language) })}
            </div>
          </>
        )}
      </td>
    </tr>
  );
}

function CallState({ one }: { one: RollCallItem }) {
  const { t } = useWords();
  const left = Date.parse(one.due_at) - useNow();
  if (one.answered_at !== null) {
    return (
      <span className={one.missed ? "sw-old" : "sw-good"}>
        {one.missed ? <HighIcon size={13} /> : <CheckIcon size={13} />}{" "}
        {t(one.missed ? "duty.answered_late" : "duty.answered_in_time")}
      </span>
    );
  }
  return left > 0 ? (
    <span className="sw-waiting">
      <ClockIcon size={13} /> {t("duty.call_left", { time: countdown(left) })}
    </span>
  ) : (
    <span className="sw-sev-high">
      <HighIcon size={13} /> {t("duty.call_late", { time: countdown(-left) })}
    </span>
  );
}
