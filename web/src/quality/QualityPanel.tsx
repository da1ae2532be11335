/** On a device's page: the last thirty days of its data, and what was wrong on the worst of them. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { serviceNow } from "../api/client";
import { deviceQualityQuery } from "../api/queries";
import type { QualityCell, QualityItem } from "../api/schema";
import { percent, UNKNOWN } from "../format/number";
import { dayOf } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Empty, Loaded } from "../ui/states";
import { HeatCell } from "./HeatCell";
import { datesOf } from "./qualityRows";
import { Reasons, useReasons } from "./Reasons";

const DAYS = 30;
const DAY = 86_400_000;
const SHOWN = 3;

export function QualityPanel({ device, place }: { device: string; place: string }) {
  const { t } = useWords();
  const may = useMay("quality");
  if (!may) return null;
  return (
    <section className="sw-panel" aria-labelledby="device-quality" data-testid="device-quality">
      <div className="sw-panel-head">
        <h2 id="device-quality">{t("data_quality.title")}</h2>
        <Link to="/quality" search={{ site: place, days: 30 }} className="sw-small">
          {t("data_quality.compare")}
        </Link>
      </div>
      <Strip device={device} />
    </section>
  );
}

function Strip({ device }: { device: string }) {
  const { t } = useWords();
  const now = serviceNow();
  const [from, to] = [dayOf(now - (DAYS - 1) * DAY), dayOf(now)];
  const answer = useQuery(deviceQualityQuery(device, from, to));
  return (
    <Loaded answer={answer}>
      {(found) => {
        const [item] = found.items;
        if (item?.figures == null) return <Empty>{t("data_quality.none")}</Empty>;
        return <Known item={item} dates={datesOf(from, to)} />;
      }}
    </Loaded>
  );
}

function badness(found: QualityCell): number {
  return Math.min(found.completeness ?? 1, found.online ?? 1);
}

function Known({ item, dates }: { item: QualityItem; dates: readonly string[] }) {
  const { t, language } = useWords();
  const reasons = useReasons();
  const share = (value: number | null | undefined) =>
    value === null || value === undefined ? UNKNOWN : percent(value, language);
  const worst = Object.entries(item.days)
    .filter(([, found]) => badness(found) < 1 && reasons(found).length > 0)
    .sort(([, a], [, b]) => badness(a) - badness(b))
    .slice(0, SHOWN);
  return (
    <>
      <p className="sw-small sw-last">
        {t("data_quality.days", { count: DAYS })}: {t("data_quality.completeness")}{" "}
        <strong>{share(item.figures?.completeness)}</strong> · {t("data_quality.online")}{" "}
        <strong>{share(item.figures?.online)}</strong>
      </p>
      <ol className="sw-heat-strip" aria-label={t("data_quality.completeness")}>
        {dates.map((date) => (
          <li key={date}>
            <span className="sw-heat-label" aria-hidden="true">
              {date.slice(8)}
            </span>
            <HeatCell
              date={date}
              found={item.days[date]}
              measure={item.figures?.completeness == null ? "online" : "completeness"}
            />
          </li>
        ))}
      </ol>
      {worst.length > 0 && (
        <dl className="sw-worst-days">
          {worst.map(([date, found]) => (
            <div key={date} data-worst={date}>
              <dt>{date}</dt>
              <dd>
                <Reasons found={found} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
