/** Signing out: a page of its own, so that nothing asks for anything while the session ends. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError, getJson, write } from "../api/client";
import { stopLive } from "../live/store";
import { forgetSignIn } from "../signedIn";
import { Failed, Loading } from "../ui/states";

async function endSession(): Promise<void> {
  try {
    // A page that was just loaded has no token for writes yet.
    await getJson("/session");
    await write("DELETE", "/session");
  } catch (error) {
    // It had ended already.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
}

export function LogoutPage() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { mutate, error } = useMutation({
    mutationFn: endSession,
    onSuccess: () => {
      forgetSignIn();
      queries.clear();
      void navigate({ to: "/login", replace: true });
    },
  });
  useEffect(() => {
    stopLive();
    mutate();
  }, [mutate]);
  return (
    <main className="sw-main">
      {error === null ? <Loading /> : <Failed error={error} retry={mutate} />}
    </main>
  );
}
