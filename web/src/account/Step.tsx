/** One step of a form, and the sentence of a refusal. */

import { Stack, Text } from "@mantine/core";
import type { ReactNode, SyntheticEvent } from "react";

export function Step({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) {
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" align="flex-start">
        {children}
      </Stack>
    </form>
  );
}

export function Refused({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <Text size="sm" c="red" role="alert">
      {error.message}
    </Text>
  );
}
