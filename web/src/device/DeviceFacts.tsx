/** What a device is, where it stands, how it is read, and how well its map is known. */

import type { DeviceDetail, SiteNode } from "../api/schema";
import { duration } from "../format/time";
import { useWords } from "../i18n";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Facts } from "../ui/Facts";
import { HighIcon } from "../ui/icons";

export function DeviceFacts({ device, path }: { device: DeviceDetail; path: readonly SiteNode[] }) {
  const { t, language, name, say } = useWords();
  const weak = device.verified === "weak";
  return (
    <>
      {weak && (
        <p className="sw-warning">
          <HighIcon /> {t("device.weak")}
        </p>
      )}
      <Facts
        rows={[
          [t("device.vendor"), device.vendor],
          [t("device.model"), device.model],
          [t("device.kind"), name(device.kind_label)],
          [t("site.place"), path.length > 0 ? <Breadcrumb key="path" path={path} /> : device.place],
          [t("device.id"), <code key="id">{device.id}</code>],
          [t("device.protocol"), device.protocol],
          [t("device.link"), <code key="link">{device.link}</code>],
          [
            t("device.interval"),
            t("device.every", { age: duration(device.interval_s * 1000, language) }),
          ],
          [t("device.profile"), <code key="profile">{device.profile}</code>],
          [t("device.verified"), say("verified", device.verified)],
          [t("device.source"), device.source],
          [t("device.note"), device.note],
        ]}
      />
    </>
  );
}
