/** People of a shift by name, with a number that a phone can dial. */

import { useWords } from "../i18n";
import { HighIcon, PhoneIcon } from "../ui/icons";
import { useContacts } from "./people";

export function Crew({ ids, phones = false }: { ids: readonly string[]; phones?: boolean }) {
  const { t } = useWords();
  const contacts = useContacts();
  if (ids.length === 0) {
    return (
      <span className="sw-sev-high">
        <HighIcon size={13} /> {t("duty.nobody")}
      </span>
    );
  }
  return (
    <>
      {ids.map((id, index) => {
        const phone = phones ? contacts.get(id)?.phone : undefined;
        return (
          <span key={id}>
            {index > 0 && t("console.and")}
            <b>{contacts.get(id)?.name ?? id}</b>
            {phone != null && (
              <a className="sw-phone" href={`tel:${phone}`}>
                {" "}
                <PhoneIcon size={13} /> {phone}
              </a>
            )}
          </span>
        );
      })}
    </>
  );
}
