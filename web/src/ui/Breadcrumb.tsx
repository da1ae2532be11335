/** Where in the estate something stands, each step a link. */

import { Link } from "@tanstack/react-router";
import type { SiteNode } from "../api/schema";
import { useWords } from "../i18n";
import { ChevronIcon } from "./icons";

/** The estate's own page is the overview. */
export function SiteLink({ site }: { site: SiteNode }) {
  const { name } = useWords();
  if (site.level === "estate") return <Link to="/">{name(site.name)}</Link>;
  return (
    <Link to="/sites/$site" params={{ site: site.id }}>
      {name(site.name)}
    </Link>
  );
}

export function Breadcrumb({ path }: { path: readonly SiteNode[] }) {
  return (
    <nav className="sw-crumbs" aria-label="breadcrumb">
      <ol>
        {path.map((site, index) => (
          <li key={site.id}>
            {index > 0 && <ChevronIcon size={11} />}
            <SiteLink site={site} />
          </li>
        ))}
      </ol>
    </nav>
  );
}
