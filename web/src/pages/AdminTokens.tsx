/** Tokens: how machines come in; each is shown once, ends by itself, and can be revoked. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { AccessText } from "../admin/AccessFields";
import { AdminFrame } from "../admin/AdminFrame";
import { ShownOnce } from "../admin/ShownOnce";
import { TokenForm } from "../admin/TokenForm";
import { actorName } from "../alarms/actorName";
import { refreshAccess, tokensQuery } from "../api/admin";
import { write } from "../api/client";
import type { MadeToken, TokenItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { AskButton } from "../ui/AskButton";
import { HighIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { Empty, Loaded } from "../ui/states";
import { Head } from "../ui/Head";

export function AdminTokensPage() {
  return (
    <AdminFrame page="tokens">
      <TokensPanel />
    </AdminFrame>
  );
}

function TokensPanel() {
  const { t } = useWords();
  const answer = useQuery(tokensQuery);
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState<MadeToken | null>(null);
  return (
    <section className="sw-panel" aria-label={t("admin.tokens")}>
      <div className="sw-panel-head">
        <Button size="compact-sm" onClick={() => setAsked(true)}>
          {t("admin.add_token")}
        </Button>
      </div>
      <Loaded answer={answer}>
        {({ items }) =>
          items.length === 0 ? <Empty>{t("admin.no_tokens")}</Empty> : <TokenTable tokens={items} />
        }
      </Loaded>
      {asked && <TokenForm onMade={setMade} onClose={() => setAsked(false)} />}
      {made !== null && (
        <ShownOnce
          title={t("admin.token_of", { name: made.name })}
          explain={t("admin.token_once")}
          secret={made.token}
          onClose={() => setMade(null)}
        />
      )}
    </section>
  );
}

function TokenTable({ tokens }: { tokens: readonly TokenItem[] }) {
  const { t, language } = useWords();
  return (
    <table className="sw-table sw-stack sw-admin">
      <Head
        columns={[
          t("admin.token"),
          t("admin.access"),
          t("admin.made"),
          t("admin.ends"),
          t("admin.used"),
        ]}
        acts
      />
      <tbody>
        {tokens.map((token) => (
          <tr key={token.name} data-token={token.name}>
            <td>
              <b>{token.name}</b>
            </td>
            <td>
              <AccessText roles={token.roles} sites={token.sites} />
            </td>
            <td>
              {dateTime(Date.parse(token.created_at), language)}
              <div className="sw-dim sw-small">{actorName(token.created_by)}</div>
            </td>
            <td>
              <Ends token={token} />
            </td>
            <td>
              {token.last_used_at === null ? (
                <span className="sw-dim">{t("admin.never_used")}</span>
              ) : (
                <Age at={Date.parse(token.last_used_at)} />
              )}
            </td>
            <td className="sw-cell-menu">
              <Revoke name={token.name} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** When a token ends; one that never does, and one that has, are said in words. */
function Ends({ token }: { token: TokenItem }) {
  const { t, language } = useWords();
  const now = useNow();
  if (token.expires_at === null) return <span className="sw-old">{t("admin.ends_never")}</span>;
  const at = Date.parse(token.expires_at);
  if (at > now) return <>{dateTime(at, language)}</>;
  return (
    <span className="sw-sev-high">
      <HighIcon size={13} /> {t("admin.ended", { time: dateTime(at, language) })}
    </span>
  );
}

function Revoke({ name }: { name: string }) {
  const { t } = useWords();
  const queries = useQueryClient();
  return (
    <AskButton
      label={t("admin.revoke")}
      title={t("admin.revoke_of", { name })}
      explain={t("admin.revoke_text")}
      act={() => write("DELETE", `/tokens/${encodeURIComponent(name)}`)}
      onSettled={() => refreshAccess(queries)}
    />
  );
}
