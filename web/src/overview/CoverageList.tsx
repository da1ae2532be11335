/** The places whose fire or lift monitoring does not work now, each with its reasons. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { coverageQuery, deviceOf } from "../api/queries";
import type { CoverageItem } from "../api/schema";
import { useWords } from "../i18n";
import { MediumIcon, ShieldIcon, ShieldOffIcon } from "../ui/icons";
import { Loaded } from "../ui/states";
import type { SiteTree } from "../useSites";

const FIRST = 8;
const MOST_DEVICES = 3;

export function CoverageList({ site, tree }: { site: string; tree: SiteTree }) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const answer = useQuery(coverageQuery(site));
  return (
    <Loaded answer={answer}>
      {(coverage) => {
        const lost = coverage.items
          .filter((item) => item.state !== "protected")
          .sort((a, b) => Number(a.state === "degraded") - Number(b.state === "degraded"));
        if (lost.length === 0) {
          return (
            <p className="sw-quiet">
              <ShieldIcon />{" "}
              {coverage.protected > 0
                ? t("site.coverage_good", { count: coverage.protected })
                : t("site.coverage_none")}
            </p>
          );
        }
        return (
          <ul className="sw-cards">
            {lost.slice(0, all ? lost.length : FIRST).map((item) => (
              <Lost key={`${item.place} ${item.system}`} item={item} tree={tree} />
            ))}
            {!all && lost.length > FIRST && (
              <li className="sw-cards-all">
                <button type="button" className="sw-textlink" onClick={() => setAll(true)}>
                  {t("site.show_all", { count: lost.length })}
                </button>
              </li>
            )}
          </ul>
        );
      }}
    </Loaded>
  );
}

function Lost({ item, tree }: { item: CoverageItem; tree: SiteTree }) {
  const { name, say } = useWords();
  const path = tree.pathTo(item.place).slice(1);
  const unprotected = item.state === "unprotected";
  return (
    <li className="sw-card">
      <div>
        <span className={`sw-badge ${unprotected ? "sw-sev-high" : "sw-sev-medium"}`}>
          {unprotected ? <ShieldOffIcon size={14} /> : <MediumIcon size={14} />}
          {say("coverage_state", item.state)}
        </span>{" "}
        <b>{say("system", item.system)}</b> ·{" "}
        {item.reasons.map((reason) => say("coverage_reason", reason)).join(" · ")}
      </div>
      <div className="sw-dim">{path.map((site) => name(site.name)).join(" / ") || item.place}</div>
      <div className="sw-small">
        {item.devices.slice(0, MOST_DEVICES).map((device) => (
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
        {item.devices.length > MOST_DEVICES && (
          <span className="sw-dim"> +{item.devices.length - MOST_DEVICES}</span>
        )}
      </div>
    </li>
  );
}
