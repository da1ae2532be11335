/** The head of a table: its columns in order, and one without a shown name for what can be done. */

import { useWords } from "../i18n";

interface HeadProps {
  columns: readonly string[];
  /** Whether a last column holds what can be done with a row. */
  acts?: boolean;
}

export function Head({ columns, acts = false }: HeadProps) {
  const { t } = useWords();
  return (
    <thead>
      <tr>
        {columns.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {acts && (
          <th scope="col">
            <span className="sw-hidden">{t("alarms.actions")}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
