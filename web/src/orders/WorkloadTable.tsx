/** Work orders by team or person: how many, how long each step took, and how often in time. */

import type { StepTimes, TimesKept, Workload } from "../api/schema";
import { percent, UNKNOWN } from "../format/number";
import { duration } from "../format/time";
import { useWords } from "../i18n";
import { HighIcon } from "../ui/icons";
import { personName } from "./orderState";

interface WorkloadTableProps {
  /** What the first column names. */
  of: "team" | "person";
  rows: readonly Workload[];
  total?: Workload;
}

export function WorkloadTable({ of, rows, total }: WorkloadTableProps) {
  const { t } = useWords();
  const steps = ["accept", "arrive", "finish"] as const;
  return (
    <table className="sw-table" data-testid={`workload-${of}`}>
      <thead>
        <tr>
          <th scope="col">{t(of === "team" ? "orders.team" : "orders.assignee")}</th>
          {(["made", "open", "late", "reopened"] as const).map((each) => (
            <th scope="col" className="sw-num" key={each}>
              {t(`workload.${each}`)}
            </th>
          ))}
          {[...steps, "on_site" as const, "verify" as const].map((each) => (
            <th scope="col" className="sw-num" key={each} title={t(`workload.${each}_long`)}>
              {t(`workload.${each}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.who ?? ""} row={row} of={of} />
        ))}
      </tbody>
      {total !== undefined && (
        <tfoot>
          <Row row={total} of={of} title={t("energy.total")} />
        </tfoot>
      )}
    </table>
  );
}

function Row({ row, of, title }: { row: Workload; of: "team" | "person"; title?: string }) {
  const { t, name } = useWords();
  const own = of === "team" ? name(row.name) || row.who : row.who && personName(row.who);
  return (
    <tr data-workload={title === undefined ? (row.who ?? "nobody") : "total"}>
      <th scope="row">{title ?? (own || t(`workload.no_${of}`))}</th>
      <td className="sw-num" data-label={t("workload.made")}>
        {row.orders}
      </td>
      <td className="sw-num" data-label={t("workload.open")}>
        {row.open}
      </td>
      <td
        className={row.late > 0 ? "sw-num sw-sev-high" : "sw-num"}
        data-label={t("workload.late")}
      >
        {row.late > 0 && <HighIcon size={12} />} {row.late}
      </td>
      <td className="sw-num" data-label={t("workload.reopened")}>
        {row.reopened}
      </td>
      <Took label={t("workload.accept")} took={row.to_accept} kept={row.kept_accept} />
      <Took label={t("workload.arrive")} took={row.to_arrive} kept={row.kept_arrive} />
      <Took label={t("workload.finish")} took={row.to_finish} kept={row.kept_finish} />
      <Took label={t("workload.on_site")} took={row.on_site} />
      <Took label={t("workload.verify")} took={row.to_verify} />
    </tr>
  );
}

function Took({ label, took, kept }: { label: string; took: StepTimes; kept?: TimesKept }) {
  const { t, language } = useWords();
  const agreed = kept !== undefined && kept.agreed > 0 ? kept : undefined;
  return (
    <td className="sw-num" data-label={label}>
      {took.mean === null ? UNKNOWN : duration(took.mean * 1000, language)}
      {agreed !== undefined && (
        <small className="sw-block sw-dim">
          {t("workload.kept", {
            share: percent(agreed.in_time / agreed.agreed, language),
            count: agreed.agreed,
          })}
        </small>
      )}
    </td>
  );
}
