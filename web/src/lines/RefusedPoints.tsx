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
  const words = new Map<string, string[]>();
  for (const [point, says] of Object.entries(refused).sort(([a], [b]) => (a < b ? -1 : 1))) {
    words.set(says, [...(words.get(says) ?? []), point]);
  }
  return (
    <div className="sw-refused">
      <p>
        <span className="sw-sev-info">
          <InfoIcon size={13} />
        </span>{" "}
        {t("lines.refused_act")}
      </p>
      <ul>
        {[...words].map(([says, names]) => (
          <li key={says}>
            <span className="sw-dim">{t("lines.says", { word: says })}</span>
            {names.map((point) => (
              <div key={point} data-refused={point}>
                {name(points.get(point)?.label)} <code>{point}</code>
              </div>
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}
