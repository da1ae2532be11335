/** Setting up the second factor: the password, the picture for the phone, a code, the paper. */

import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { confirmFactor, secondFactorQuery, sessionsQuery } from "../api/account";
import { postJson } from "../api/client";
import { sessionQuery } from "../api/queries";
import type { Enrolment } from "../api/schema";
import { useWords } from "../i18n";
import { Refused, Step } from "./Step";

export function Enrol({ onDone }: { onDone: () => void }) {
  const [begun, setBegun] = useState<Enrolment>();
  const [codes, setCodes] = useState<string[]>();
  if (codes !== undefined) return <Codes codes={codes} onDone={onDone} />;
  if (begun !== undefined) return <Confirm begun={begun} onConfirmed={setCodes} />;
  return <Begin onBegun={setBegun} />;
}

function Begin({ onBegun }: { onBegun: (begun: Enrolment) => void }) {
  const { t } = useWords();
  const [password, setPassword] = useState("");
  const begin = useMutation({
    mutationFn: () => postJson<Enrolment>("/session/second-factor", { password }),
    onSuccess: onBegun,
  });
  return (
    <Step onSubmit={() => begin.mutate()}>
      <PasswordInput
        label={t("password.current")}
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Refused error={begin.error} />
      <Button type="submit" disabled={password === ""} loading={begin.isPending}>
        {t("account.set_up")}
      </Button>
    </Step>
  );
}

interface ConfirmProps {
  begun: Enrolment;
  onConfirmed: (codes: string[]) => void;
}

function Confirm({ begun, onConfirmed }: ConfirmProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: () => confirmFactor(code),
    onSuccess: async (made) => {
      onConfirmed(made.codes);
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
      await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
  });
  return (
    <Step onSubmit={() => confirm.mutate()}>
      <Text size="sm">{t("account.scan")}</Text>
      <img
        className="sw-qr"
        alt={t("account.qr")}
        src={`data:image/svg+xml;utf8,${encodeURIComponent(begun.qr_svg)}`}
      />
      <Text size="sm">
        {t("account.type_secret")} <code className="sw-secret">{begun.secret}</code>
      </Text>
      <TextInput
        label={t("account.code")}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={7}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Refused error={confirm.error} />
      <Button type="submit" disabled={code.length < 6} loading={confirm.isPending}>
        {t("account.confirm")}
      </Button>
    </Step>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const done = () => {
    void queries.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
    onDone();
  };
  return (
    <Stack gap="sm" role="status">
      <Text size="sm">{t("account.codes_text")}</Text>
      <ul className="sw-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Group>
        <Button onClick={done}>{t("account.codes_kept")}</Button>
      </Group>
    </Stack>
  );
}
