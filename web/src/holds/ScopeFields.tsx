/** What a window or a drill covers: a site with everything below it, or single devices or parts. */

import { MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { deviceQuery, devicesQuery } from "../api/queries";
import { useWords } from "../i18n";
import { SiteSelect } from "../ui/SiteSelect";
import { useSites } from "../useSites";

export interface Scope {
  site: string | undefined;
  devices: string[];
  /** Parts of the one device that is chosen; all of it where none is. */
  parts: string[];
}

export const NO_SCOPE: Scope = { site: undefined, devices: [], parts: [] };

/** The scope as the service takes it: single parts stand in place of their device. */
export function scopeBody(scope: Scope): { site: string | null; devices: string[] } {
  const devices = scope.parts.length > 0 ? scope.parts : scope.devices;
  return { site: scope.site ?? null, devices };
}

export function ScopeFields({
  scope,
  onChange,
}: {
  scope: Scope;
  onChange: (scope: Scope) => void;
}) {
  const { t } = useWords();
  const tree = useSites().data;
  return (
    <>
      <SiteSelect
        tree={tree}
        label={t("holds.site")}
        anywhere={t("holds.choose_site")}
        value={scope.site}
        onChange={(site) => onChange({ site, devices: [], parts: [] })}
      />
      {scope.site !== undefined && <Devices site={scope.site} scope={scope} onChange={onChange} />}
    </>
  );
}

function Devices({
  site,
  scope,
  onChange,
}: {
  site: string;
  scope: Scope;
  onChange: (scope: Scope) => void;
}) {
  const { t, name } = useWords();
  const devices = useQuery(devicesQuery(site)).data ?? [];
  const only = scope.devices.length === 1 ? scope.devices[0] : undefined;
  return (
    <>
      <MultiSelect
        label={t("holds.devices")}
        placeholder={scope.devices.length === 0 ? t("holds.all_devices") : ""}
        searchable
        clearable
        limit={100}
        data={devices.map((one) => ({ value: one.id, label: `${name(one.name)} (${one.id})` }))}
        value={scope.devices}
        onChange={(chosen) => onChange({ ...scope, devices: chosen, parts: [] })}
      />
      {only !== undefined && (
        <Parts
          device={only}
          chosen={scope.parts}
          onChange={(parts) => onChange({ ...scope, parts })}
        />
      )}
    </>
  );
}

function Parts({
  device,
  chosen,
  onChange,
}: {
  device: string;
  chosen: string[];
  onChange: (parts: string[]) => void;
}) {
  const { t, name } = useWords();
  const parts = useQuery(deviceQuery(device)).data?.part_list ?? [];
  if (parts.length === 0) return null;
  return (
    <MultiSelect
      label={t("holds.parts")}
      placeholder={chosen.length === 0 ? t("holds.all_parts") : ""}
      searchable
      clearable
      limit={100}
      data={parts.map((one) => ({ value: one.id, label: `${name(one.name)} (${one.id})` }))}
      value={chosen}
      onChange={onChange}
    />
  );
}
