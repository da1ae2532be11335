/** Every branch and system: how many places are protected, and what share was tested in time. */

import type { CoverageBranch } from "../api/schema";
import { percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import type { SiteTree } from "../useSites";

interface BranchTableProps {
  branches: readonly CoverageBranch[];
  tree: SiteTree;
  onBranch: (community: string) => void;
}

export function BranchTable({ branches, tree, onBranch }: BranchTableProps) {
  const { t } = useWords();
  return (
    <div className="sw-scroll">
      <table className="sw-table" data-testid="coverage-branches">
        <thead>
          <tr>
            <th scope="col">{t("coverage_page.branch")}</th>
            <th scope="col">{t("site.system")}</th>
            <th scope="col" className="sw-num">
              {t("coverage_state.unprotected")}
            </th>
            <th scope="col" className="sw-num">
              {t("coverage_state.degraded")}
            </th>
            <th scope="col" className="sw-num">
              {t("coverage_state.protected")}
            </th>
            <th scope="col" className="sw-num">
              {t("coverage_page.proven")}
            </th>
            <th scope="col">{t("coverage_page.oldest")}</th>
          </tr>
        </thead>
        <tbody>
          {branches.map((branch) => (
            <BranchRow
              key={`${branch.community ?? ""} ${branch.system}`}
              branch={branch}
              tree={tree}
              onBranch={onBranch}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BranchRow({
  branch,
  tree,
  onBranch,
}: Omit<BranchTableProps, "branches"> & { branch: CoverageBranch }) {
  const { t, name, say, language } = useWords();
  const { community } = branch;
  const site = community === null ? undefined : tree.get(community);
  const share = branch.proven_share;
  return (
    <tr data-branch={`${community ?? ""} ${branch.system}`}>
      <th scope="row">
        {community === null || site === undefined ? (
          (community ?? t("coverage_page.whole"))
        ) : (
          <button type="button" className="sw-textlink" onClick={() => onBranch(community)}>
            {name(site.name)}
          </button>
        )}
      </th>
      <td>{say("system", branch.system)}</td>
      <td className="sw-num">{branch.unprotected}</td>
      <td className="sw-num">{branch.degraded}</td>
      <td className="sw-num">{branch.protected}</td>
      <td className="sw-num">
        {share === null
          ? UNKNOWN
          : `${percent(share, language)} (${branch.proven}/${branch.units})`}
      </td>
      <td>{branch.oldest_proof ?? t("coverage_page.no_test")}</td>
    </tr>
  );
}
