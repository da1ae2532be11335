/** On a device's page: how the line is that it is read on, for those who may see lines. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lineQuery } from "../api/queries";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Loaded } from "../ui/states";
import { answering } from "./lineState";
import { LineFacts } from "./LineDetails";

export function LinePanel({ line }: { line: string | null }) {
  const { t } = useWords();
  const may = useMay("lines");
  if (!may || line === null) return null;
  return (
    <section className="sw-panel" aria-labelledby="device-line" data-testid="device-line">
      <div className="sw-panel-head">
        <h2 id="device-line">{t("lines.line")}</h2>
        <Link to="/lines" search={{ line }} className="sw-line-name">
          {line}
        </Link>
      </div>
      <Statistics line={line} />
    </section>
  );
}

function Statistics({ line }: { line: string }) {
  const { t } = useWords();
  const answer = useQuery(lineQuery(line));
  return (
    <Loaded answer={answer}>
      {(found) => (
        <>
          <LineFacts line={found} />
          <p className="sw-dim sw-small sw-last">
            {t("lines.devices_title", { good: answering(found), all: found.devices.length })}
          </p>
        </>
      )}
    </Loaded>
  );
}
