/** Whether the two chains are whole, and their heads, to be kept outside of this machine. */

import { Button, CopyButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { verdictQuery } from "../api/deskQueries";
import type { AuditVerdict, ChainName } from "../api/schema";
import { decimal } from "../format/number";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { CheckIcon, CopyIcon, HighIcon } from "../ui/icons";
import { Loaded } from "../ui/states";

const CHAINS: readonly ChainName[] = ["audit", "alarms"];

export function Chains() {
  return (
    <div className="sw-duty">
      {CHAINS.map((chain) => (
        <Chain key={chain} chain={chain} />
      ))}
    </div>
  );
}

function Chain({ chain }: { chain: ChainName }) {
  const { t, language, say } = useWords();
  const answer = useQuery(verdictQuery(chain));
  const bad = answer.data?.whole === false;
  return (
    <section
      className={bad ? "sw-panel sw-total-bad" : "sw-panel"}
      aria-label={say("chain", chain)}
      data-chain={chain}
      data-whole={answer.data?.whole}
    >
      <div className="sw-panel-head">
        <h2>{say("chain", chain)}</h2>
        <Button
          size="compact-sm"
          variant="default"
          loading={answer.isFetching}
          onClick={() => void answer.refetch()}
        >
          {t("evidence.again")}
        </Button>
      </div>
      <Loaded answer={answer}>
        {(found) => (
          <>
            <Verdict found={found} />
            <p className="sw-dim sw-small sw-last">
              {t("evidence.checked", { time: dateTime(answer.dataUpdatedAt, language) })}
            </p>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Verdict({ found }: { found: AuditVerdict }) {
  const { t, language } = useWords();
  const rows = decimal(found.rows, 0, language);
  return (
    <>
      <p className={found.whole ? "sw-good sw-last" : "sw-sev-high sw-last"} role="status">
        {found.whole ? <CheckIcon /> : <HighIcon />}{" "}
        <b>{t(found.whole ? "evidence.whole" : "evidence.broken", { rows })}</b>
      </p>
      {!found.whole && (
        <ul className="sw-faults">
          {found.faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      <p className="sw-head">
        <span className="sw-dim">{t("evidence.head")}</span>
        <code data-testid="head">{found.head}</code>
        <CopyButton value={found.head}>
          {({ copied, copy }) => (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<CopyIcon size={13} />}
              onClick={copy}
            >
              {t(copied ? "evidence.copied" : "evidence.copy")}
            </Button>
          )}
        </CopyButton>
      </p>
    </>
  );
}
