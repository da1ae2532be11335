/** What a window or a drill covers, in words. */

import { Link } from "@tanstack/react-router";
import { deviceOf } from "../api/queries";
import { useWords } from "../i18n";
import { SiteLink } from "../ui/Breadcrumb";
import { useSites } from "../useSites";

const NAMED = 6;

export function ScopeText({ site, devices }: { site: string | null; devices: readonly string[] }) {
  const { t } = useWords();
  const node = useSites().data?.get(site ?? "");
  const rest = devices.length - NAMED;
  return (
    <span className="sw-names">
      {site !== null && (node === undefined ? site : <SiteLink site={node} />)}
      {site !== null && devices.length > 0 && ": "}
      {devices.slice(0, NAMED).map((device, index) => (
        <span key={device}>
          {index > 0 && ", "}
          <Link to="/devices/$device" params={{ device: deviceOf(device) }}>
            {device}
          </Link>
        </span>
      ))}
      {rest > 0 && ` ${t("holds.more_devices", { count: rest })}`}
    </span>
  );
}
