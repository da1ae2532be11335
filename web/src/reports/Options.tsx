/** What can be chosen of a report beside its site and period. */

import { Select } from "@mantine/core";
import type { ReportKind } from "../api/schema";
import { useWords } from "../i18n";

interface OptionsProps {
  options: ReportKind["options"];
  chosen: Record<string, string>;
  onChange: (chosen: Record<string, string>) => void;
}

export function Options({ options, chosen, onChange }: OptionsProps) {
  const { t, name } = useWords();
  return options.map((option) => (
    <Select
      key={option.name}
      size="xs"
      label={name({ ...option.label })}
      placeholder={t(option.name === "compare" ? "reports.no_comparison" : "reports.by_period")}
      clearable={option.default === null}
      allowDeselect={option.default === null}
      data={option.values.map((each) => ({ value: each.value, label: name({ ...each.label }) }))}
      value={chosen[option.name] ?? option.default}
      onChange={(value) => {
        const others = Object.entries(chosen).filter(([key]) => key !== option.name);
        const own = value === null || value === option.default ? [] : [[option.name, value]];
        onChange(Object.fromEntries([...others, ...own]) as Record<string, string>);
      }}
    />
  ));
}

/** Options as the address has them, `coal=equivalent,step=day`; what the report lacks is left out. */
export function readOptions(
  text: string | undefined,
  options: ReportKind["options"],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    const [name = "", value = ""] = pair.split("=");
    const option = options.find((each) => each.name === name);
    if (option?.values.some((each) => each.value === value)) found[name] = value;
  }
  return found;
}

export function writeOptions(chosen: Record<string, string>): string | undefined {
  const pairs = Object.entries(chosen).map(([name, value]) => `${name}=${value}`);
  return pairs.length > 0 ? pairs.join(",") : undefined;
}
