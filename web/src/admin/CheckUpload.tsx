/** A check of files of an estate: every fault with its file and line; nothing is taken up. */

import { Button, FileButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { checkEstate } from "../api/admin";
import type { EstateVerdict } from "../api/schema";
import { decimal } from "../format/number";
import { useWords } from "../i18n";
import { CheckIcon, HighIcon } from "../ui/icons";
import { Facts } from "../ui/Facts";
import { Refused } from "../account/Step";
import { Head } from "../ui/Head";

export function CheckUpload() {
  const { t } = useWords();
  const checking = useMutation({ mutationFn: checkEstate });
  // Else a file that was mended could not be chosen again.
  const again = useRef<() => void>(null);
  const againFiles = useRef<() => void>(null);
  const check = (files: File[]) => {
    checking.mutate(files);
    again.current?.();
    againFiles.current?.();
  };
  return (
    <section className="sw-panel" aria-label={t("admin.tab_check")}>
      <p className="sw-last sw-prose">{t("admin.check_text")}</p>
      <div className="sw-filters sw-gap-above">
        <FileButton
          accept=".zip,application/zip"
          resetRef={again}
          onChange={(file) => file && check([file])}
        >
          {(props) => (
            <Button {...props} variant="default" loading={checking.isPending}>
              {t("admin.check_zip")}
            </Button>
          )}
        </FileButton>
        <FileButton
          multiple
          accept=".yaml"
          resetRef={againFiles}
          onChange={(files) => files.length > 0 && check(files)}
        >
          {(props) => (
            <Button {...props} variant="default" loading={checking.isPending}>
              {t("admin.check_files")}
            </Button>
          )}
        </FileButton>
      </div>
      <Refused error={checking.error} />
      {checking.data !== undefined && <Verdict found={checking.data} />}
    </section>
  );
}

function Verdict({ found }: { found: EstateVerdict }) {
  const { t, language } = useWords();
  const count = found.faults.length + found.cut;
  return (
    <div className="sw-gap-above" role="status" data-testid="verdict" data-good={found.good}>
      <p className={found.good ? "sw-good" : "sw-sev-high"}>
        {found.good ? <CheckIcon /> : <HighIcon />}{" "}
        <b>{found.good ? t("admin.check_good") : t("admin.check_bad", { count })}</b>
      </p>
      <Facts
        rows={[
          [t("admin.looked_at"), decimal(found.files, 0, language)],
          [t("admin.file_added"), found.added.join(", ")],
          [t("admin.file_changed"), found.changed.join(", ")],
          [t("admin.file_removed"), found.removed.join(", ")],
        ]}
      />
      {found.faults.length > 0 && (
        <table className="sw-table sw-stack sw-admin sw-gap-above">
          <Head columns={[t("admin.where"), t("admin.field"), t("admin.fault")]} />
          <tbody>
            {found.faults.map((fault, index) => (
              <tr key={index}>
                <td className="sw-nowrap">
                  <code>{fault.line > 0 ? `${fault.file}:${fault.line}` : fault.file}</code>
                </td>
                <td>{fault.field !== "" && <code>{fault.field}</code>}</td>
                <td className="sw-fault">{fault.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.cut > 0 && <p className="sw-dim">{t("admin.faults_cut", { count: found.cut })}</p>}
    </div>
  );
}
