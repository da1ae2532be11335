/** A roll-call that waits for its answer: who sits at the desk answers with one click. */

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { write } from "../api/client";
import { rollCallsQuery } from "../api/deskQueries";
import type { RollCallItem } from "../api/schema";
import { refreshAlarms } from "../alarms/useAlarms";
import { actorName } from "../alarms/actorName";
import { countdown } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { useMay, useSession } from "../session";
import { PhoneIcon } from "../ui/icons";
import { useSites } from "../useSites";

export function RollCallBar() {
  const answer = useQuery(rollCallsQuery);
  const waiting = (answer.data?.items ?? []).filter((one) => one.answered_at === null);
  return (
    <>
      {waiting.map((one) => (
        <Waiting key={one.id} one={one} />
      ))}
    </>
  );
}

function Waiting({ one }: { one: RollCallItem }) {
  const { t, name } = useWords();
  const now = useNow();
  const queries = useQueryClient();
  const mayAnswer = useMay("acknowledge");
  const me = `person:${useSession()?.username ?? ""}`;
  const site = useSites().data?.get(one.site);
  const left = Date.parse(one.due_at) - now;
  const answering = useMutation({
    mutationFn: () => write("POST", `/alarms/${one.alarm}/ack`, { note: null }),
    onSettled: () => refreshAlarms(queries),
  });
  return (
    <section className="sw-rollcall" aria-label={t("duty.roll_call")} data-roll-call={one.id}>
      <PhoneIcon />
      <strong role="alert">
        {t("duty.call_of", { site: site === undefined ? one.site : name(site.name) })}
      </strong>
      <span>
        {left > 0
          ? t("duty.call_left", { time: countdown(left) })
          : t("duty.call_late", { time: countdown(-left) })}{" "}
        · {t("duty.asked_by", { name: actorName(one.asked_by) })}
      </span>
      {one.asked_by === me ? (
        <Link to="/duty" search={{ tab: "roll-calls" }}>
          {t("duty.call_waits")}
        </Link>
      ) : (
        mayAnswer && (
          <Button
            size="compact-sm"
            variant="white"
            color="dark"
            loading={answering.isPending}
            onClick={() => answering.mutate()}
          >
            {t("duty.answer")}
          </Button>
        )
      )}
      {answering.error !== null && <span role="alert">{answering.error.message}</span>}
    </section>
  );
}
