/** Of a device: its register where it is an elevator, and what has to be done to it by when. */

import { useQuery } from "@tanstack/react-query";
import { proofsQuery } from "../api/queries";
import type { DeviceProofs, ElevatorItem, ProofStanding } from "../api/schema";
import { decimal } from "../format/number";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Facts } from "../ui/Facts";
import { HighIcon } from "../ui/icons";
import { Loaded } from "../ui/states";
import { ProofForm } from "./ProofForm";

const NEWEST = 5;

export function ProofPanel({ device, parts }: { device: string; parts: number }) {
  const { t } = useWords();
  const answer = useQuery(proofsQuery(device));
  if (answer.data !== undefined && answer.data.standings.length === 0) return null;
  return (
    <section className="sw-panel" aria-labelledby="proofs" data-testid="proofs">
      <div className="sw-panel-head">
        <h2 id="proofs">
          {t(answer.data?.elevator == null ? "proof.title" : "proof.elevator_title")}
        </h2>
      </div>
      <Loaded answer={answer}>
        {(found) => <Known device={device} parts={parts} found={found} />}
      </Loaded>
    </section>
  );
}

interface KnownProps {
  device: string;
  parts: number;
  found: DeviceProofs;
}

function Known({ device, parts, found }: KnownProps) {
  const mayNote = useMay("prove");
  return (
    <>
      {found.elevator != null && <Register elevator={found.elevator} />}
      <dl className="sw-facts">
        {found.standings.map((standing) => (
          <Standing key={standing.kind} standing={standing} />
        ))}
      </dl>
      <Newest found={found} />
      {mayNote && <ProofForm device={device} parts={parts} standings={found.standings} />}
    </>
  );
}

function Register({ elevator }: { elevator: ElevatorItem }) {
  const { t, name, language } = useWords();
  const { firm, load_kg: load } = elevator;
  return (
    <Facts
      rows={[
        [t("proof.registration_code"), elevator.registration_code],
        [t("proof.maker_code"), elevator.maker_code],
        [t("proof.factory_number"), elevator.factory_number],
        [t("proof.rescue_code"), elevator.rescue_code],
        [
          t("proof.firm"),
          firm === null ? null : (
            <span key="firm">
              {name(firm.name)}{" "}
              <a className="sw-phone" href={`tel:${firm.phone.replaceAll(" ", "")}`}>
                {firm.phone}
              </a>
            </span>
          ),
        ],
        [t("proof.load"), load === null ? null : `${decimal(load, 0, language)} kg`],
        [
          t("proof.floors"),
          elevator.floors === null && elevator.stops === null
            ? null
            : `${elevator.floors ?? "—"} / ${elevator.stops ?? "—"}`,
        ],
      ]}
    />
  );
}

function Standing({ standing }: { standing: ProofStanding }) {
  const { t, name } = useWords();
  const { done_on: done, due_on: due } = standing;
  return (
    <div data-proof={standing.kind} data-overdue={standing.overdue} title={standing.source}>
      <dt>{name(standing.label)}</dt>
      <dd>
        {due === null ? (
          <span className="sw-dim">{t("proof.due_unknown")}</span>
        ) : standing.overdue ? (
          <span className="sw-badge sw-sev-high">
            <HighIcon size={14} /> {t("proof.overdue", { day: due })}
          </span>
        ) : (
          t("proof.due", { day: due })
        )}
        <div className="sw-dim sw-small">
          {done === null ? t("proof.never") : t("proof.done", { day: done })}
        </div>
      </dd>
    </div>
  );
}

function Newest({ found }: { found: DeviceProofs }) {
  const { name } = useWords();
  const labels = new Map(found.standings.map((each) => [each.kind, name(each.label)]));
  const counting = found.proofs.filter((proof) => proof.taken_back_at === null);
  if (counting.length === 0) return null;
  return (
    <ul className="sw-plain sw-small">
      {counting.slice(0, NEWEST).map((proof) => (
        <li key={proof.id}>
          {proof.done_on} · {labels.get(proof.kind) ?? proof.kind} ·{" "}
          {proof.by.replace(/^person:/, "")}
          {proof.note !== null && ` · ${proof.note}`}
        </li>
      ))}
    </ul>
  );
}
