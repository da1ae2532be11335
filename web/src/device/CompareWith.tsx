/** What a device's history is compared with: nothing, the span before, or another of its kind. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { systemQuery } from "../api/queries";
import type { DeviceDetail } from "../api/schema";
import { useWords } from "../i18n";

interface CompareWithProps {
  device: DeviceDetail;
  compare: string | undefined;
  onCompare: (compare: string | undefined) => void;
}

export function CompareWith({ device, compare, onCompare }: CompareWithProps) {
  const { t, name } = useWords();
  const peers = useQuery(systemQuery(device.system, undefined)).data ?? [];
  return (
    <div className="sw-filters">
      <Select
        size="xs"
        label={t("device.compare")}
        placeholder={t("device.compare_none")}
        className="sw-site-select"
        clearable
        searchable
        limit={100}
        data={[
          { value: "_before", label: t("device.compare_before") },
          {
            group: t("device.compare_device"),
            items: peers
              .filter((peer) => peer.kind === device.kind && peer.id !== device.id)
              .map((peer) => ({ value: peer.id, label: `${name(peer.name)} (${peer.id})` })),
          },
        ]}
        value={compare ?? null}
        onChange={(value) => onCompare(value ?? undefined)}
      />
    </div>
  );
}
