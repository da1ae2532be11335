/** The estate folder: its revisions, a check of files before they are put there, the profiles. */

import { SegmentedControl } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { AdminFrame } from "../admin/AdminFrame";
import { CheckUpload } from "../admin/CheckUpload";
import { ProfileLibrary } from "../admin/ProfileLibrary";
import { Revisions } from "../admin/Revisions";
import { useWords } from "../i18n";
import { ESTATE_TABS } from "../search";

const route = getRouteApi("/inside/admin/estate");

export function AdminEstatePage() {
  return (
    <AdminFrame page="estate">
      <Estate />
    </AdminFrame>
  );
}

function Estate() {
  const { t } = useWords();
  const { tab = "revisions", revision, base, q } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <div className="sw-scroll">
        <SegmentedControl
          size="sm"
          aria-label={t("admin.estate")}
          value={tab}
          onChange={(value) =>
            void navigate({ search: { tab: ESTATE_TABS.find((each) => each === value) } })
          }
          data={ESTATE_TABS.map((each) => ({ value: each, label: t(`admin.tab_${each}`) }))}
        />
      </div>
      {tab === "revisions" && (
        <Revisions
          chosen={revision}
          base={base}
          onChoose={(next) => void navigate({ search: next, resetScroll: false })}
        />
      )}
      {tab === "check" && <CheckUpload />}
      {tab === "profiles" && (
        <ProfileLibrary
          query={q ?? ""}
          onQuery={(words) =>
            void navigate({
              search: { tab, q: words === "" ? undefined : words },
              replace: true,
              resetScroll: false,
            })
          }
        />
      )}
    </>
  );
}
