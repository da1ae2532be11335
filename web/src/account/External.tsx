/** Signing in by the identity provider: going there, and how it went. */

import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { EXTERNAL, signInQuery } from "../api/account";
import { useWords } from "../i18n";
import { rememberSignIn } from "../signedIn";

type Outcome = "in" | "refused" | "unreachable" | "not_admitted";

export function External({ outcome }: { outcome: Outcome | undefined }) {
  const { t } = useWords();
  const router = useRouter();
  const { data } = useQuery(signInQuery);
  useEffect(() => {
    if (outcome !== "in") return;
    // The session itself is in the cookie; a page that has none comes back here.
    rememberSignIn();
    router.history.replace("/");
  }, [outcome, router]);
  return (
    <>
      {outcome !== undefined && outcome !== "in" && (
        <Text size="sm" c="red" role="alert">
          {t(`external.${outcome}`)}
        </Text>
      )}
      {typeof data?.provider === "string" && (
        <Button component="a" href={EXTERNAL} variant="default" fullWidth>
          {t("external.sign_in", { name: data.provider })}
        </Button>
      )}
    </>
  );
}
