/** What happens to a page whose session has ended. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError } from "../api/client";
import { sessionQuery } from "../api/queries";
import { forgetSignIn } from "../signedIn";

/** Back to the login when the session has ended, and on to the new password where one is due. */
export function useEndOfSession(): void {
  const { data, error } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const ended = error instanceof ApiError && error.status === 401;
  useEffect(() => {
    if (!ended) return;
    forgetSignIn();
    void navigate({ to: "/login", search: { next: location.pathname + location.search } });
  }, [ended, navigate]);
  useEffect(() => {
    if (data?.must_change_password === true) void navigate({ to: "/password" });
  }, [data, navigate]);
}
