/** Signing in. */

import { Button, Card, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { External } from "../account/External";
import { ApiError, UNREACHABLE, write } from "../api/client";
import { useWords } from "../i18n";
import { stopLive } from "../live/store";
import { Brand } from "../shell/Brand";
import { LanguageSwitch, SchemeSwitch } from "../shell/Menus";
import { Footer } from "../shell/Shell";
import { rememberSignIn } from "../signedIn";

const route = getRouteApi("/login");

/** Only an address of this page: never one that somebody put into a link. */
function ownAddress(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function LoginPage() {
  const { t } = useWords();
  const router = useRouter();
  const queries = useQueryClient();
  const { next, external } = route.useSearch();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  // Whoever tries again without the code, or with a wrong one, is still asked for it.
  const [asked, setAsked] = useState(false);
  const login = useMutation({
    mutationFn: () => write("POST", "/session", { username, password, code: code.trim() }),
    onError: (error) => {
      if (error instanceof ApiError && error.is("second_factor")) setAsked(true);
    },
    onSuccess: () => {
      rememberSignIn();
      queries.clear();
      stopLive();
      router.history.push(ownAddress(next));
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    login.mutate();
  };
  const ready = username !== "" && password !== "" && (!asked || code.trim() !== "");
  return (
    <div className="sw-app">
      <main className="sw-login">
        <Card withBorder padding="lg" className="sw-login-card">
          <form onSubmit={submit}>
            <Stack gap="sm">
              <div className="sw-login-head">
                <Brand size={34} />
                <h1>{t("app.name")}</h1>
                <SchemeSwitch />
                <LanguageSwitch />
              </div>
              <TextInput
                label={t("login.username")}
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                required
                withAsterisk={false}
                value={username}
                onChange={(event) => setUsername(event.currentTarget.value)}
              />
              <PasswordInput
                label={t("login.password")}
                autoComplete="current-password"
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
              {asked && <CodeInput code={code} onChange={setCode} />}
              {login.error !== null && <LoginError error={login.error} />}
              <Button type="submit" fullWidth disabled={!ready} loading={login.isPending}>
                {t("login.submit")}
              </Button>
              <External outcome={external} />
              <Text size="xs" c="dimmed">
                {t("login.first")}
              </Text>
            </Stack>
          </form>
        </Card>
      </main>
      <Footer />
    </div>
  );
}

function CodeInput({ code, onChange }: { code: string; onChange: (code: string) => void }) {
  const { t } = useWords();
  return (
    <TextInput
      label={t("account.code")}
      description={t("account.code_or_paper")}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      ref={takeFocus}
      maxLength={40}
      value={code}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function takeFocus(input: HTMLInputElement | null): void {
  input?.focus();
}

function LoginError({ error }: { error: Error }) {
  const { t } = useWords();
  const status = error instanceof ApiError ? error.status : -1;
  const words: Record<number, string> = {
    [UNREACHABLE]: t("error.unreachable"),
    401: t(
      error instanceof ApiError && error.is("second_factor") ? "account.ask_code" : "login.wrong",
    ),
    429: t("login.locked"),
  };
  return (
    <Text size="sm" c="red" role="alert">
      {words[status] ?? error.message}
    </Text>
  );
}
