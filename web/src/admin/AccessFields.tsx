/** What a person or a token may do, and where: roles and sites. */

import { Checkbox, MultiSelect } from "@mantine/core";
import type { Role } from "../api/schema";
import { useWords } from "../i18n";
import { useSites } from "../useSites";
import { EVERYWHERE, ROLES, type Access } from "./access";

interface AccessFieldsProps {
  access: Access;
  onChange: (access: Access) => void;
}

export function AccessFields({ access, onChange }: AccessFieldsProps) {
  const { t, say, name } = useWords();
  const tree = useSites().data;
  const everywhere = access.sites.includes(EVERYWHERE);
  // Nobody gives more than they have: the whole estate only where one sees it.
  const mayAll = tree?.estate !== undefined;
  const chosen = new Set(access.sites);
  const known = new Set(tree?.nodes.map((node) => node.id) ?? []);
  const others = access.sites.filter((site) => site !== EVERYWHERE && !known.has(site));
  return (
    <>
      <Checkbox.Group
        label={t("admin.roles")}
        description={t("admin.roles_text")}
        withAsterisk
        value={access.roles}
        onChange={(roles) =>
          onChange({ ...access, roles: ROLES.filter((role) => roles.includes(role)) })
        }
      >
        <div className="sw-role-list">
          {ROLES.map((role) => (
            <Checkbox
              key={role}
              value={role}
              label={say("person_role", role)}
              description={t(`admin.role_${role}`)}
            />
          ))}
        </div>
      </Checkbox.Group>
      {(mayAll || everywhere) && (
        <Checkbox
          label={t("admin.everywhere")}
          checked={everywhere}
          onChange={(event) =>
            onChange({ ...access, sites: event.currentTarget.checked ? [EVERYWHERE] : [] })
          }
        />
      )}
      {!everywhere && (
        <MultiSelect
          label={t("admin.sites")}
          description={t("admin.sites_text")}
          withAsterisk
          searchable
          limit={100}
          data={[
            ...(tree?.nodes ?? []).map((node) => ({
              value: node.id,
              label: `${name(node.name)} (${node.id})`,
            })),
            ...others.map((site) => ({ value: site, label: site })),
          ]}
          value={[...chosen]}
          onChange={(sites) => onChange({ ...access, sites })}
        />
      )}
    </>
  );
}

export function AccessText({ roles, sites }: { roles: readonly Role[]; sites: readonly string[] }) {
  const { t, say, name } = useWords();
  const tree = useSites().data;
  const places = sites.map((site) =>
    site === EVERYWHERE ? t("admin.everywhere") : name(tree?.get(site)?.name) || site,
  );
  return (
    <>
      <div>{roles.map((role) => say("person_role", role)).join(t("console.and"))}</div>
      <div className="sw-dim sw-small">{places.join(t("console.and"))}</div>
    </>
  );
}
