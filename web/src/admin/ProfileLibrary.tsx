/** The profile library: which products are known, from which source, and how well that is proven. */

import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { profilesQuery } from "../api/admin";
import { kindsQuery } from "../api/queries";
import type { ProfileSummary } from "../api/schema";
import { decimal } from "../format/number";
import { useWords } from "../i18n";
import { CheckIcon, HighIcon, SearchIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";

const LEVELS = ["capture", "two_sources", "document", "driver", "weak"] as const;

interface ProfileLibraryProps {
  query: string;
  onQuery: (words: string) => void;
}

export function ProfileLibrary({ query, onQuery }: ProfileLibraryProps) {
  const { t } = useWords();
  const answer = useQuery(profilesQuery);
  const words = query.toLowerCase();
  const matches = ({ id, vendor, model, kind, protocol }: ProfileSummary) =>
    [id, vendor, model, kind, protocol].join(" ").toLowerCase().includes(words);
  return (
    <section className="sw-panel" aria-label={t("admin.tab_profiles")}>
      <div className="sw-panel-head">
        <TextInput
          size="xs"
          aria-label={t("admin.find")}
          placeholder={t("admin.find")}
          leftSection={<SearchIcon size={13} />}
          value={query}
          onChange={(event) => onQuery(event.currentTarget.value)}
        />
      </div>
      <Loaded answer={answer}>
        {(profiles) => {
          // What the estate uses comes first.
          const shown = profiles.filter(matches).sort((a, b) => b.devices - a.devices);
          if (shown.length === 0) return <Empty>{t("site.no_match")}</Empty>;
          return <ProfileTable profiles={shown} />;
        }}
      </Loaded>
    </section>
  );
}

function ProfileTable({ profiles }: { profiles: readonly ProfileSummary[] }) {
  const { t, name, say, language } = useWords();
  const kinds = useQuery(kindsQuery).data ?? [];
  return (
    <table className="sw-table sw-stack sw-admin">
      <thead>
        <tr>
          <th scope="col">{t("device.profile")}</th>
          <th scope="col">{t("device.kind")}</th>
          <th scope="col">{t("device.protocol")}</th>
          <th scope="col">{t("device.verified")}</th>
          <th scope="col">{t("admin.points")}</th>
          <th scope="col" className="sw-num">
            {t("admin.devices")}
          </th>
          <th scope="col">{t("device.source")}</th>
        </tr>
      </thead>
      <tbody>
        {profiles.map((one) => (
          <tr key={one.id} data-profile={one.id}>
            <td>
              <b>
                {one.vendor} {one.model}
              </b>
              <div className="sw-dim sw-small">
                <code>{one.id}</code>
              </div>
            </td>
            <td>{name(kinds.find((kind) => kind.kind === one.kind)?.label) || one.kind}</td>
            <td>{one.protocol}</td>
            <td>
              <Proven level={one.verified} />
            </td>
            <td className="sw-small">
              {decimal(one.points, 0, language)}
              <div className="sw-dim">
                {LEVELS.filter((level) => one.points_verified[level] !== undefined)
                  .map((level) => `${say("verified", level)} ${one.points_verified[level]}`)
                  .join(" · ")}
              </div>
            </td>
            <td className="sw-num">{decimal(one.devices, 0, language)}</td>
            <td className="sw-small sw-names">
              {one.source}
              {one.note !== null && (
                <details>
                  <summary>{t("device.note")}</summary>
                  {one.note}
                </details>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Proven({ level }: { level: string }) {
  const { say } = useWords();
  if (level === "weak") {
    return (
      <span className="sw-sev-high">
        <HighIcon size={13} /> {say("verified", level)}
      </span>
    );
  }
  return (
    <span className={level === "capture" ? "sw-good" : ""}>
      {level === "capture" && <CheckIcon size={13} />} {say("verified", level)}
    </span>
  );
}
