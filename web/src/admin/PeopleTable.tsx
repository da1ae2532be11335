/** The accounts: who may what and where, whether they are in, locked out or closed. */

import type { MadePassword, PersonItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { CheckIcon, HighIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { AccessText } from "./AccessFields";
import { PersonMenu } from "./PersonMenu";
import { Head } from "../ui/Head";

interface PeopleTableProps {
  people: readonly PersonItem[];
  onEdit: (person: PersonItem) => void;
  onMade: (made: MadePassword) => void;
}

export function PeopleTable({ people, onEdit, onMade }: PeopleTableProps) {
  const { t, language } = useWords();
  return (
    <table className="sw-table sw-stack sw-admin">
      <Head
        columns={[
          t("login.username"),
          t("admin.access"),
          t("admin.account"),
          t("admin.factor"),
          t("admin.seen"),
        ]}
        acts
      />
      <tbody>
        {people.map((person) => (
          <tr key={person.username} data-person={person.username}>
            <td>
              <b>{person.username}</b>
              <div className="sw-dim sw-small">
                {t("admin.since", { time: dateTime(Date.parse(person.created_at), language) })}
              </div>
            </td>
            <td>
              <AccessText roles={person.roles} sites={person.sites} />
            </td>
            <td>
              <AccountState person={person} />
            </td>
            <td className={person.second_factor ? "" : "sw-dim"}>
              {t(person.second_factor ? "admin.factor_on" : "admin.factor_off")}
            </td>
            <td>
              {person.seen_at === null ? (
                <span className="sw-dim">{t("admin.not_in")}</span>
              ) : (
                <>
                  <Age at={Date.parse(person.seen_at)} />
                  <div className="sw-dim sw-small">
                    {t("admin.sessions", { count: person.sessions })}
                  </div>
                </>
              )}
            </td>
            <td className="sw-cell-menu">
              <PersonMenu person={person} onEdit={() => onEdit(person)} onMade={onMade} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AccountState({ person }: { person: PersonItem }) {
  const { t, language } = useWords();
  const when = (at: string) => dateTime(Date.parse(at), language);
  if (person.closed_at !== null) {
    return <span className="sw-dim">{t("admin.closed_at", { time: when(person.closed_at) })}</span>;
  }
  if (person.locked_until !== null) {
    return (
      <span className="sw-sev-high">
        <HighIcon size={14} /> {t("admin.locked_until", { time: when(person.locked_until) })}
      </span>
    );
  }
  if (person.must_change_password) return <span className="sw-old">{t("admin.must_change")}</span>;
  return (
    <span className="sw-good">
      <CheckIcon size={14} /> {t("admin.open")}
    </span>
  );
}
