/** A report as a file; what takes long is made in the background with a bar that shows how far. */

import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { BASE, postJson, withQuery, write } from "../api/client";
import { inQuery, jobQuery } from "../api/queries";
import type { ReportJob } from "../api/schema";
import { useWords } from "../i18n";
import { DownloadIcon } from "../ui/icons";

export interface ReportRequest {
  kind: string;
  site: string;
  period: string;
  /** Name to value, of those that were chosen. */
  options: Record<string, string>;
}

const MADE = ["pdf", "xlsx"] as const;
const AT_ONCE = ["csv", "json"] as const;

export function Downloads({ request }: { request: ReportRequest }) {
  const { t, language } = useWords();
  const [job, setJob] = useState<ReportJob | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { kind, site, period, options } = request;
  const start = async (format: "pdf" | "xlsx") => {
    setFailure(null);
    try {
      const body = { site, period, options, format, language };
      setJob(await postJson<ReportJob>(`/reports/${kind}/jobs`, body));
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const done = (reason: string | null) => {
    setJob(null);
    setFailure(reason);
  };
  return (
    <>
      {MADE.map((format) => (
        <Button
          key={format}
          size="xs"
          variant="default"
          disabled={job !== null}
          leftSection={<DownloadIcon size={14} />}
          onClick={() => void start(format)}
        >
          {format.toUpperCase()}
        </Button>
      ))}
      {AT_ONCE.map((format) => (
        <Button
          key={format}
          size="xs"
          variant="default"
          component="a"
          href={withQuery(`${BASE}/reports/${kind}`, {
            ...inQuery(request),
            format,
            language,
          })}
          download={`${kind}-${site}-${period}.${format}`}
          leftSection={<DownloadIcon size={14} />}
        >
          {format.toUpperCase()}
        </Button>
      ))}
      {job !== null && <Making key={job.id} job={job} onDone={done} />}
      {failure !== null && (
        <span className="sw-old" role="alert">
          {t("reports.failed", { reason: failure })}
        </span>
      )}
    </>
  );
}

function Making({ job, onDone }: { job: ReportJob; onDone: (reason: string | null) => void }) {
  const { t } = useWords();
  const answer = useQuery(jobQuery(job.id));
  const now = answer.data ?? job;
  const over = useRef(false);
  useEffect(() => {
    if (over.current) return;
    if (answer.error !== null) {
      over.current = true;
      onDone(answer.error.message);
    } else if (now.state === "ready") {
      over.current = true;
      save(`${BASE}/report-jobs/${now.id}/file`);
      onDone(null);
    } else if (now.state === "failed" || now.state === "cancelled") {
      over.current = true;
      onDone(now.reason ?? now.state);
    }
  }, [now, answer.error, onDone]);
  const cancel = async () => {
    over.current = true;
    try {
      await write("DELETE", `/report-jobs/${job.id}`);
      onDone(null);
    } catch (error) {
      onDone(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="sw-making" role="status">
      <span className="sw-small">{t("reports.making", { format: job.format.toUpperCase() })}</span>
      <Progress value={Math.max(now.percent, 4)} aria-label={t("reports.progress")} animated />
      <Button size="compact-xs" variant="subtle" onClick={() => void cancel()}>
        {t("reports.cancel")}
      </Button>
    </div>
  );
}

function save(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
