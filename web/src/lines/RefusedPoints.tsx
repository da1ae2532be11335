/** Points that a device says it does not have, and what to do about it. */

import { useWords } from "../i18n";
import { InfoIcon } from "../ui/icons";
import { useKindPoints } from "../ui/useKinds";

interface RefusedPointsProps {
  kind: string;
  refused: Record<string, string>;
}

export function RefusedPoints({ kind, refused }: RefusedPointsProps) {
  const { t, name } = useWords();
  const points = useKindPoints()(kind);
  const rows = Object.entries(refused).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div className="sw-refused">
      <p>
        <span className="sw-sev-info">
          <InfoIcon size={13} />
        </span>{" "}
        {t("lines.refused_act")}
      </p>
      <ul>
        {rows.map(([point, says]) => {
          const label = name(points.get(point)?.label);
          return (
            <li key={point} data-refused={point}>
              <code>{point}</code> {label !== "" && <span>{label}</span>}{" "}
              <span className="sw-dim">{t("lines.says", { word: says })}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
