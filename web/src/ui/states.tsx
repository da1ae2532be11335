/** What is shown while there is nothing to show: loading, empty, failed, not allowed. */

import { Button, Loader } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError, UNREACHABLE } from "../api/client";
import { useLasting } from "../live/hooks";
import { useWords } from "../i18n";
import { HighIcon, UnknownIcon } from "./icons";

/** A loader that shows only when it takes long enough to be wondered about. */
export function Loading({ label }: { label?: string }) {
  const { t } = useWords();
  const shown = useLasting(true, 300);
  return (
    <div className="sw-empty" role="status" aria-live="polite" data-state="loading">
      {shown && <Loader size="sm" aria-hidden="true" />}
      {shown && <span>{label ?? t("loading")}</span>}
    </div>
  );
}

export function Empty({ title, children }: { title?: string; children?: ReactNode }) {
  return (
    <div className="sw-empty">
      {title !== undefined && <strong>{title}</strong>}
      {children !== undefined && <span className="sw-dim">{children}</span>}
    </div>
  );
}

export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useWords();
  const status = error instanceof ApiError ? error.status : -1;
  if (status === 403)
    return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  if (status === 404) return <Missing />;
  return (
    <div className="sw-empty" role="alert">
      <span className="sw-sev-high">
        <HighIcon size={22} />
      </span>
      <strong>{t("error.title")}</strong>
      <span>{status === UNREACHABLE ? t("error.unreachable") : error.message}</span>
      {retry !== undefined && (
        <Button size="xs" variant="default" onClick={retry}>
          {t("error.retry")}
        </Button>
      )}
    </div>
  );
}

/** No such page, site or device, or one that this person may not see. */
export function Missing() {
  const { t } = useWords();
  return (
    <div className="sw-empty" data-testid="missing">
      <UnknownIcon size={28} />
      <strong>{t("error.not_found_title")}</strong>
      <span>{t("error.not_found")}</span>
      <Button size="xs" variant="default" renderRoot={(props) => <Link {...props} to="/" />}>
        {t("error.back")}
      </Button>
    </div>
  );
}

interface Answer<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/** Draws what an answer holds, or says why there is none; an old answer stays while one fails. */
export function Loaded<T>({
  answer,
  children,
}: {
  answer: Answer<T>;
  children: (data: T) => ReactNode;
}) {
  if (answer.data !== undefined) return children(answer.data);
  if (answer.error !== null) {
    return <Failed error={answer.error} retry={() => void answer.refetch()} />;
  }
  return <Loading />;
}
