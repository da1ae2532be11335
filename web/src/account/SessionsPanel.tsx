/** Where one is signed in, and ending what one does not know. */

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { sessionsQuery } from "../api/account";
import { write } from "../api/client";
import type { SessionItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { Loaded } from "../ui/states";
import { Refused } from "./Step";

export function SessionsPanel() {
  const { t } = useWords();
  const answer = useQuery(sessionsQuery);
  const end = useEnd();
  return (
    <section className="sw-panel" aria-label={t("account.sessions")}>
      <h2>{t("account.sessions")}</h2>
      <Loaded answer={answer}>
        {({ items }) => (
          <>
            <ul className="sw-sessions">
              {items.map((item) => (
                <Row key={item.id} item={item} onEnd={() => end.mutate(`/sessions/${item.id}`)} />
              ))}
            </ul>
            <Refused error={end.error} />
            {items.length > 1 && (
              <Button
                variant="default"
                loading={end.isPending}
                onClick={() => end.mutate("/sessions")}
              >
                {t("account.end_others")}
              </Button>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

function useEnd() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => write("DELETE", path),
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

function Row({ item, onEnd }: { item: SessionItem; onEnd: () => void }) {
  const { t, language } = useWords();
  const when = (at: string) => dateTime(Date.parse(at), language);
  return (
    <li data-current={item.current}>
      <div>
        <strong>{item.address}</strong>
        {item.current && <span className="sw-badge">{t("account.this")}</span>}
        <div className="sw-dim">{item.agent}</div>
        <div className="sw-dim">
          {t("account.session_times", { opened: when(item.opened_at), seen: when(item.seen_at) })}
        </div>
      </div>
      {!item.current && (
        <Button size="compact-sm" variant="default" onClick={onEnd}>
          {t("account.end")}
        </Button>
      )}
    </li>
  );
}
