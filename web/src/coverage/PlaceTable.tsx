/** Places with their protection now, the reason in words, and how long ago they were tested. */

import { Scroll } from "../ui/Scroll";
import { Link } from "@tanstack/react-router";
import { deviceOf } from "../api/queries";
import type { CoverageItem } from "../api/schema";
import { useWords } from "../i18n";
import { MediumIcon, ShieldIcon, ShieldOffIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import type { SiteTree } from "../useSites";

const MOST_DEVICES = 3;

export function PlaceTable({ items, tree }: { items: readonly CoverageItem[]; tree: SiteTree }) {
  const { t } = useWords();
  return (
    <Scroll label={t("coverage_page.title")}>
      <table className="sw-table" data-testid="coverage-places">
        <thead>
          <tr>
            <th scope="col">{t("state.title")}</th>
            <th scope="col">{t("site.system")}</th>
            <th scope="col">{t("site.place")}</th>
            <th scope="col">{t("site.reasons")}</th>
            <th scope="col" className="sw-num">
              {t("coverage_page.proven")}
            </th>
            <th scope="col">{t("coverage_page.oldest")}</th>
            <th scope="col">{t("coverage_page.heard")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <PlaceRow key={`${item.place} ${item.system}`} item={item} tree={tree} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function PlaceRow({ item, tree }: { item: CoverageItem; tree: SiteTree }) {
  const { t, name, say } = useWords();
  const path = tree.pathTo(item.place).slice(1);
  return (
    <tr data-place={`${item.place} ${item.system}`} data-state={item.state}>
      <td>
        <StateBadge state={item.state} />
      </td>
      <td>{say("system", item.system)}</td>
      <td>{path.map((site) => name(site.name)).join(" / ") || item.place}</td>
      <td>
        {item.reasons.map((reason) => say("coverage_reason", reason)).join(" · ")}
        {item.reasons.length > 0 && <Devices devices={item.devices} />}
      </td>
      <td className="sw-num">
        {item.proven}/{item.units}
      </td>
      <td>{item.oldest_proof ?? t("coverage_page.no_test")}</td>
      <td>{item.heard_at === null ? t("value.never") : <Age at={Date.parse(item.heard_at)} />}</td>
    </tr>
  );
}

function StateBadge({ state }: { state: CoverageItem["state"] }) {
  const { say } = useWords();
  const look = {
    unprotected: { tone: "sw-sev-high", Shape: ShieldOffIcon },
    degraded: { tone: "sw-sev-medium", Shape: MediumIcon },
    protected: { tone: "", Shape: ShieldIcon },
  }[state];
  return (
    <span className={`sw-badge ${look.tone}`}>
      <look.Shape size={14} />
      {say("coverage_state", state)}
    </span>
  );
}

function Devices({ devices }: { devices: readonly string[] }) {
  return (
    <div className="sw-small">
      {devices.slice(0, MOST_DEVICES).map((device) => (
        <Link
          key={device}
          className="sw-tag"
          to="/devices/$device"
          params={{ device: deviceOf(device) }}
          search={device.includes("/") ? { part: device.split("/")[1] ?? "" } : {}}
        >
          {device}
        </Link>
      ))}
      {devices.length > MOST_DEVICES && (
        <span className="sw-dim"> +{devices.length - MOST_DEVICES}</span>
      )}
    </div>
  );
}
