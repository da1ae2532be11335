/** Contacts, teams and holidays: to look at, and for whoever may, to edit. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { dutyQuery } from "../api/deskQueries";
import type { Contact, Holiday, Team } from "../api/schema";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { HighIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";
import { ContactForm } from "./ContactForm";
import { HolidayForm } from "./HolidayForm";
import { reachedBy, useContacts } from "./people";
import { RemoveButton } from "./RemoveButton";
import { TeamForm } from "./TeamForm";
import { Head } from "../ui/Head";

export function DutyLists() {
  const answer = useQuery(dutyQuery);
  return (
    <Loaded answer={answer}>
      {(list) => (
        <>
          <Contacts contacts={list.contacts} />
          <Teams teams={list.teams} />
          <Holidays holidays={list.holidays} />
        </>
      )}
    </Loaded>
  );
}

interface ListProps {
  title: string;
  add: string;
  none: string;
  count: number;
  onAdd: () => void;
  children: ReactNode;
}

function List({ title, add, none, count, onAdd, children }: ListProps) {
  const mayEdit = useMay("edit_duty");
  return (
    <section className="sw-panel" aria-label={title}>
      <div className="sw-panel-head">
        <h2>{title}</h2>
        {mayEdit && (
          <Button size="compact-sm" variant="default" onClick={onAdd}>
            {add}
          </Button>
        )}
      </div>
      {count === 0 ? <Empty>{none}</Empty> : children}
    </section>
  );
}

function Contacts({ contacts }: { contacts: readonly Contact[] }) {
  const { t } = useWords();
  const mayEdit = useMay("edit_duty");
  const [edited, setEdited] = useState<Contact | "new" | null>(null);
  return (
    <>
      <List
        title={t("duty.contacts")}
        add={t("duty.add_contact")}
        none={t("duty.no_contacts")}
        count={contacts.length}
        onAdd={() => setEdited("new")}
      >
        <table className="sw-table sw-stack">
          <Head columns={[t("duty.name"), t("duty.reached"), t("duty.by_account")]} acts />
          <tbody>
            {contacts.map((one) => (
              <tr key={one.id} data-contact={one.id}>
                <td>
                  <b>{one.name}</b> <small className="sw-dim">{one.id}</small>
                </td>
                <td className="sw-names">
                  <Ways contact={one} />
                </td>
                <td>{one.account ?? ""}</td>
                <td>
                  {mayEdit && (
                    <span className="sw-actions">
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={t("duty.edit_of", { name: one.name })}
                        onClick={() => setEdited(one)}
                      >
                        {t("duty.edit")}
                      </Button>
                      <RemoveButton kind="contact" id={one.id} label={one.name} />
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </List>
      {edited !== null && (
        <ContactForm
          contact={edited === "new" ? undefined : edited}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function Ways({ contact }: { contact: Contact }) {
  const { t } = useWords();
  const ways = reachedBy(contact);
  if (ways.length === 0) {
    return (
      <span className="sw-sev-high">
        <HighIcon size={13} /> {t("duty.unreachable")}
      </span>
    );
  }
  return <>{ways.map((way) => way.at).join(" · ")}</>;
}

function Teams({ teams }: { teams: readonly Team[] }) {
  const { t, name } = useWords();
  const mayEdit = useMay("edit_duty");
  const contacts = useContacts();
  const tree = useSites().data;
  const [edited, setEdited] = useState<Team | "new" | null>(null);
  return (
    <>
      <List
        title={t("duty.teams")}
        add={t("duty.add_team")}
        none={t("duty.no_teams")}
        count={teams.length}
        onAdd={() => setEdited("new")}
      >
        <table className="sw-table sw-stack">
          <tbody>
            {teams.map((one) => (
              <tr key={one.id} data-team={one.id}>
                <td>
                  <b>{name(one.name)}</b> <small className="sw-dim">{one.id}</small>
                </td>
                <td>
                  {one.members.map((id) => contacts.get(id)?.name ?? id).join(t("console.and"))}
                </td>
                <td className="sw-dim">
                  {one.sites.length === 0
                    ? t("duty.everywhere")
                    : one.sites.map((id) => name(tree?.get(id)?.name) || id).join(t("console.and"))}
                </td>
                <td>
                  {mayEdit && (
                    <span className="sw-actions">
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={t("duty.edit_of", { name: name(one.name) })}
                        onClick={() => setEdited(one)}
                      >
                        {t("duty.edit")}
                      </Button>
                      <RemoveButton kind="team" id={one.id} label={name(one.name)} />
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </List>
      {edited !== null && (
        <TeamForm team={edited === "new" ? undefined : edited} onClose={() => setEdited(null)} />
      )}
    </>
  );
}

function Holidays({ holidays }: { holidays: readonly Holiday[] }) {
  const { t } = useWords();
  const mayEdit = useMay("edit_duty");
  const [asked, setAsked] = useState(false);
  return (
    <>
      <List
        title={t("duty.holidays")}
        add={t("duty.add_holiday")}
        none={t("duty.no_holidays")}
        count={holidays.length}
        onAdd={() => setAsked(true)}
      >
        <ul className="sw-holidays">
          {holidays.map((one) => (
            <li key={one.date}>
              <b>{one.date}</b> {one.name}{" "}
              <small className="sw-dim">{t(one.working ? "duty.worked" : "duty.holiday")}</small>{" "}
              {mayEdit && <RemoveButton kind="holiday" id={one.date} label={one.date} />}
            </li>
          ))}
        </ul>
      </List>
      {asked && <HolidayForm onClose={() => setAsked(false)} />}
    </>
  );
}
