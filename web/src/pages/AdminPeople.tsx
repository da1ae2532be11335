/** People: who may come in, with which roles, where; accounts are closed, opened and helped here. */

import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { AdminFrame } from "../admin/AdminFrame";
import { PeopleTable } from "../admin/PeopleTable";
import { PersonForm } from "../admin/PersonForm";
import { ShownOnce } from "../admin/ShownOnce";
import { peopleQuery } from "../api/admin";
import type { MadePassword, PersonItem } from "../api/schema";
import { useWords } from "../i18n";
import { SearchIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";

const route = getRouteApi("/inside/admin/people");

export function AdminPeoplePage() {
  return (
    <AdminFrame page="people">
      <PeoplePanel />
    </AdminFrame>
  );
}

function PeoplePanel() {
  const { t } = useWords();
  const { q = "", closed = false } = route.useSearch();
  const navigate = route.useNavigate();
  const [edited, setEdited] = useState<PersonItem | "new" | null>(null);
  const [made, setMade] = useState<MadePassword | null>(null);
  const answer = useQuery(peopleQuery(closed));
  const set = (change: { q?: string | undefined; closed?: true | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const matches = (person: PersonItem) =>
    [person.username, ...person.roles, ...person.sites].join(" ").includes(q.toLowerCase());
  return (
    <section className="sw-panel" aria-label={t("admin.people")}>
      <div className="sw-panel-head">
        <Button size="compact-sm" onClick={() => setEdited("new")}>
          {t("admin.add_person")}
        </Button>
        <TextInput
          size="xs"
          aria-label={t("admin.find")}
          placeholder={t("admin.find")}
          leftSection={<SearchIcon size={13} />}
          value={q}
          onChange={(event) => set({ q: event.currentTarget.value || undefined })}
        />
        <Checkbox
          size="xs"
          label={t("admin.with_closed")}
          checked={closed}
          onChange={(event) => set({ closed: event.currentTarget.checked ? true : undefined })}
        />
      </div>
      <Loaded answer={answer}>
        {({ items }) => {
          const shown = items.filter(matches);
          if (shown.length === 0) return <Empty>{t("admin.nobody")}</Empty>;
          return <PeopleTable people={shown} onEdit={setEdited} onMade={setMade} />;
        }}
      </Loaded>
      {edited !== null && (
        <PersonForm
          person={edited === "new" ? undefined : edited}
          onMade={setMade}
          onClose={() => setEdited(null)}
        />
      )}
      {made !== null && (
        <ShownOnce
          title={t("admin.password_of", { name: made.username })}
          explain={t("admin.password_once")}
          secret={made.password}
          onClose={() => setMade(null)}
        />
      )}
    </section>
  );
}
