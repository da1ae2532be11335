/** The frame of every page: whose estate, where to go, what is alarming, whether it is live. */

import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useAlarmRefresh } from "../alarms/useAlarms";
import { healthQuery } from "../api/queries";
import { useWords } from "../i18n";
import { useLink, useNow } from "../live/hooks";
import { startLive } from "../live/store";
import { may, useMay, useSession, type Act } from "../session";
import { useSites } from "../useSites";
import { clockTime } from "../format/time";
import { HighIcon, LinkDownIcon, LinkUpIcon, UnknownIcon } from "../ui/icons";
import { Empty } from "../ui/states";
import { Brand } from "./Brand";
import { DrillBar } from "./DrillBar";
import { AccountMenu, LanguageSwitch, SchemeSwitch, SoundSwitch } from "./Menus";
import { Navigation } from "./Navigation";
import { RollCallBar } from "./RollCallBar";
import { SafetyBar } from "./SafetyBar";
import { StreamNotice } from "./StreamNotice";
import { useEndOfSession } from "./useEndOfSession";

/** Pages that are for others than those who watch, and whom each is for. */
const FOR_OTHERS: Readonly<Record<string, Act>> = {
  "/lines": "lines",
  "/dead-letters": "lines",
  "/quality": "quality",
  "/duty": "duty",
  "/evidence": "audit",
  "/admin/people": "people",
  "/admin/tokens": "people",
  "/admin/system": "service",
  "/admin/estate": "estate",
  "/admin/rules": "rules",
};

export function Shell() {
  const { t } = useWords();
  const session = useSession();
  const mayWatch = useMay("watch");
  const mayCalls = useMay("roll_calls");
  const at = useLocation({ select: (location) => location.pathname });
  const other = FOR_OTHERS[at];
  const mayEnter = mayWatch || (other !== undefined && may(session, other));
  const lost = useLink().state === "down";
  useEndOfSession();
  useAlarmRefresh();
  useEffect(() => {
    if (mayWatch) startLive();
  }, [mayWatch]);
  return (
    <div className="sw-app">
      <a className="sw-skip" href="#main">
        {t("app.skip")}
      </a>
      <div className="sw-top">
        <Header />
        {mayWatch && <SafetyBar />}
        {mayWatch && <StreamNotice />}
      </div>
      {mayCalls && <RollCallBar />}
      {mayWatch && <DrillBar />}
      <main id="main" className={lost ? "sw-main sw-lost" : "sw-main"} tabIndex={-1}>
        {mayEnter ? (
          <Outlet />
        ) : (
          <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>
        )}
      </main>
      <Footer />
    </div>
  );
}

function Header() {
  const { t, name } = useWords();
  const sites = useSites();
  const roots = sites.data?.roots ?? [];
  const estate = roots.length === 1 ? roots[0] : undefined;
  return (
    <header className="sw-header">
      <Link to="/" className="sw-brand">
        <Brand />
        <span>{estate === undefined ? t("app.name") : name(estate.name)}</span>
      </Link>
      <Navigation />
      <div className="sw-tools">
        <HealthPill />
        <LinkPill />
        <Clock />
        <SoundSwitch />
        <SchemeSwitch />
        <LanguageSwitch />
        <AccountMenu />
      </div>
    </header>
  );
}

function Clock() {
  const { language } = useWords();
  const now = useNow();
  return <time className="sw-clock">{clockTime(now, language)}</time>;
}

export function LinkPill() {
  const { t } = useWords();
  const { state } = useLink();
  const mayWatch = useMay("watch");
  if (!mayWatch) return null;
  const Shape = { up: LinkUpIcon, down: LinkDownIcon, connecting: UnknownIcon }[state];
  return (
    <span className={`sw-pill sw-pill-${state}`} data-testid="link" data-state={state}>
      <Shape size={15} />
      {t(`link.${state}`)}
    </span>
  );
}

/** Only seen when a stage of the service does not work. */
export function HealthPill() {
  const { t } = useWords();
  const { data } = useQuery(healthQuery);
  if (data === undefined || data.status === "ok") return null;
  const stages = Object.entries(data.stages)
    .filter(([, state]) => state !== "ok")
    .map(([stage, state]) => `${stage}: ${state}`)
    .join("; ");
  const text = t("link.degraded", { stages });
  return (
    <span className="sw-pill sw-pill-warn" title={text} role="status">
      <HighIcon size={15} />
      <span className="sw-clip">{text}</span>
    </span>
  );
}

export function Footer() {
  const { i18n } = useWords();
  return (
    <footer className="sw-footer">
      <span lang="zh-CN">{i18n.getFixedT("zh")("app.notice")}</span>
      <span lang="en">{i18n.getFixedT("en")("app.notice")}</span>
    </footer>
  );
}
