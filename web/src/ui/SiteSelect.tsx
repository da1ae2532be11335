/** Choosing a site of the tree, by typing a part of its name. */

import { Select } from "@mantine/core";
import { useWords } from "../i18n";
import type { SiteTree } from "../useSites";

interface SiteSelectProps {
  tree: SiteTree | undefined;
  value: string | undefined;
  onChange: (site: string | undefined) => void;
  label: string;
  /** What stands there when no site is chosen; without it, one is always chosen. */
  anywhere?: string;
}

export function SiteSelect({ tree, value, onChange, label, anywhere }: SiteSelectProps) {
  const { name } = useWords();
  const nodes = tree?.nodes ?? [];
  return (
    <Select
      size="xs"
      label={label}
      className="sw-site-select"
      searchable
      clearable={anywhere !== undefined}
      allowDeselect={anywhere !== undefined}
      placeholder={anywhere ?? ""}
      limit={200}
      data={nodes.map((node) => ({
        value: node.id,
        label:
          tree
            ?.pathTo(node.id)
            .slice(node.level === "estate" ? 0 : 1)
            .map((each) => name(each.name))
            .join(" / ") || name(node.name),
      }))}
      value={value ?? null}
      onChange={(site) => onChange(site ?? undefined)}
    />
  );
}
