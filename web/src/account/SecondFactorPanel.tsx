/** Whether one signs in with a code as well; setting it up, and taking it away. */

import { Button, PasswordInput, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { secondFactorQuery } from "../api/account";
import { write } from "../api/client";
import type { SecondFactor } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { Loaded } from "../ui/states";
import { Enrol } from "./Enrol";

export function SecondFactorPanel() {
  const { t } = useWords();
  const answer = useQuery(secondFactorQuery);
  const [enrolling, setEnrolling] = useState(false);
  return (
    <section className="sw-panel" aria-label={t("account.second_factor")}>
      <h2>{t("account.second_factor")}</h2>
      <Loaded answer={answer}>
        {(factor) =>
          enrolling ? (
            <Enrol onDone={() => setEnrolling(false)} />
          ) : (
            <State factor={factor} onEnrol={() => setEnrolling(true)} />
          )
        }
      </Loaded>
    </section>
  );
}

function State({ factor, onEnrol }: { factor: SecondFactor; onEnrol: () => void }) {
  const { t } = useWords();
  const [removing, setRemoving] = useState(false);
  if (!factor.enrolled) {
    return (
      <>
        <Text size="sm" role={factor.required ? "alert" : undefined}>
          {t(factor.required ? "account.required" : "account.off")}
        </Text>
        <Button mt="sm" onClick={onEnrol}>
          {t("account.begin")}
        </Button>
      </>
    );
  }
  return (
    <>
      <Text size="sm" data-testid="second-factor-on">
        {t("account.on", { count: factor.codes_left })}
      </Text>
      {!factor.required && (
        <Button mt="sm" variant="default" onClick={() => setRemoving(true)}>
          {t("account.remove")}
        </Button>
      )}
      {removing && <Remove onClose={() => setRemoving(false)} />}
    </>
  );
}

function Remove({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  return (
    <ActDialog
      title={t("account.remove")}
      submit={t("account.remove")}
      explain={t("account.remove_text")}
      ready={password !== ""}
      act={() => write("POST", "/session/second-factor/remove", { password })}
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: secondFactorQuery.queryKey })}
    >
      <PasswordInput
        label={t("password.current")}
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </ActDialog>
  );
}
