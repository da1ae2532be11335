/** A new password; a person with a first password gets no further before there is one. */

import { Button, Card, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { setCsrfToken, write } from "../api/client";
import { sessionQuery } from "../api/queries";
import { useWords } from "../i18n";
import { Brand } from "../shell/Brand";
import { LanguageSwitch, SchemeSwitch } from "../shell/Menus";
import { Footer } from "../shell/Shell";

/** Shortest password; the service asks for the same. */
const SHORTEST = 10;

export function PasswordPage() {
  const { t } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const change = useMutation({
    mutationFn: () => {
      if (session !== undefined) setCsrfToken(session.csrf_token);
      return write("PUT", "/session/password", { current_password: current, new_password: fresh });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
      await queries.query({ ...sessionQuery, staleTime: 0 });
      await navigate({ to: "/" });
    },
  });
  const short = fresh !== "" && fresh.length < SHORTEST;
  const differs = again !== "" && again !== fresh;
  const ready = current !== "" && fresh.length >= SHORTEST && fresh === again;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready) change.mutate();
  };
  return (
    <div className="sw-app">
      <main className="sw-login">
        <Card withBorder padding="lg" className="sw-login-card">
          <form onSubmit={submit}>
            <Stack gap="sm">
              <div className="sw-login-head">
                <Brand size={30} />
                <h1>{t("password.title")}</h1>
                <SchemeSwitch />
                <LanguageSwitch />
              </div>
              {session?.must_change_password === true && (
                <Text size="sm" role="status">
                  {t("password.must")}
                </Text>
              )}
              <input
                type="text"
                autoComplete="username"
                value={session?.username ?? ""}
                readOnly
                hidden
              />
              <PasswordInput
                label={t("password.current")}
                autoComplete="current-password"
                value={current}
                onChange={(event) => setCurrent(event.currentTarget.value)}
              />
              <PasswordInput
                label={t("password.new")}
                autoComplete="new-password"
                value={fresh}
                error={short && t("password.short", { count: SHORTEST })}
                onChange={(event) => setFresh(event.currentTarget.value)}
              />
              <PasswordInput
                label={t("password.again")}
                autoComplete="new-password"
                value={again}
                error={differs && t("password.differs")}
                onChange={(event) => setAgain(event.currentTarget.value)}
              />
              {change.error !== null && (
                <Text size="sm" c="red" role="alert">
                  {change.error.message}
                </Text>
              )}
              <Button type="submit" fullWidth disabled={!ready} loading={change.isPending}>
                {t("password.submit")}
              </Button>
              {session?.must_change_password !== true && (
                <Button variant="subtle" color="gray" onClick={() => void navigate({ to: "/" })}>
                  {t("alarms.cancel")}
                </Button>
              )}
            </Stack>
          </form>
        </Card>
      </main>
      <Footer />
    </div>
  );
}
