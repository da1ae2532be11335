/** What guards one's own account: the second factor, and where one is signed in. */

import { queryOptions } from "@tanstack/react-query";
import { BASE, getJson, putJson } from "./client";
import type { RecoveryCodes, SecondFactor, Sessions, SignIn } from "./schema";

/** How one can sign in: with a password, and where there is one by the identity provider. */
export const signInQuery = queryOptions({
  queryKey: ["sign-in"],
  queryFn: ({ signal }) => getJson<SignIn>("/sign-in", {}, signal),
  retry: false,
});

/** Where a browser goes to sign in by the identity provider. */
export const EXTERNAL = `${BASE}/session/external`;

export const secondFactorQuery = queryOptions({
  queryKey: ["second-factor"],
  queryFn: ({ signal }) => getJson<SecondFactor>("/session/second-factor", {}, signal),
  retry: false,
});

export const sessionsQuery = queryOptions({
  queryKey: ["own-sessions"],
  queryFn: ({ signal }) => getJson<Sessions>("/sessions", {}, signal),
  retry: false,
});

/** Confirms the new second factor with a code; gives the recovery codes. */
export function confirmFactor(code: string): Promise<RecoveryCodes> {
  return putJson<RecoveryCodes>("/session/second-factor", { code });
}
