/** What guards one's own account; a person whose roles ask for more gets no further before. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { SecondFactorPanel } from "../account/SecondFactorPanel";
import { SessionsPanel } from "../account/SessionsPanel";
import { useWords } from "../i18n";
import { useSession } from "../session";
import { Brand } from "../shell/Brand";
import { LanguageSwitch, SchemeSwitch } from "../shell/Menus";
import { Footer } from "../shell/Shell";

export function AccountPage() {
  const { t } = useWords();
  // The token for writes comes with the session.
  const session = useSession();
  const waits = session?.must_enrol === true;
  return (
    <div className="sw-app">
      <main className="sw-account">
        <div className="sw-login-head">
          <Brand size={30} />
          <h1>{t("account.title")}</h1>
          <SchemeSwitch />
          <LanguageSwitch />
        </div>
        <p className="sw-dim">{session?.username}</p>
        {session !== undefined && <SecondFactorPanel />}
        {session !== undefined && !waits && <SessionsPanel />}
        {!waits && (
          <Button renderRoot={(props) => <Link {...props} to="/" />} variant="subtle" color="gray">
            {t("account.back")}
          </Button>
        )}
      </main>
      <Footer />
    </div>
  );
}
