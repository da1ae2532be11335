/** Who is signed in, and what that person may do. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { setCsrfToken } from "./api/client";
import { sessionQuery } from "./api/queries";
import type { Session } from "./api/schema";

/** The roles that the interface asks for; the interface decides, the page only does not offer. */
const MAY = {
  acknowledge: ["operator", "maintainer"],
  reset: ["maintainer"],
  prove: ["maintainer", "manager"],
  told: ["operator", "maintainer", "manager"],
  plan: ["maintainer", "manager"],
  drill: ["operator", "maintainer", "manager"],
  duty: ["operator", "maintainer", "manager", "security_administrator"],
  edit_duty: ["manager", "security_administrator"],
  roll_calls: ["operator", "maintainer", "manager"],
  ask_roll_call: ["operator", "manager"],
  audit: ["auditor"],
  report: ["manager"],
  lines: ["operator", "maintainer", "integrator", "administrator"],
  dead_letters: ["integrator", "administrator"],
  quality: ["viewer", "operator", "maintainer", "manager", "integrator", "administrator"],
  orders: ["operator", "maintainer", "manager"],
  people: ["security_administrator"],
  service: ["integrator", "administrator"],
  estate: ["integrator", "administrator"],
  device_map: ["maintainer", "integrator", "administrator"],
  rules: ["viewer", "operator", "maintainer", "manager", "integrator", "administrator"],
  watch: ["viewer", "operator", "maintainer", "manager", "integrator"],
} as const;

export type Act = keyof typeof MAY;

export function may(session: Session | undefined, act: Act): boolean {
  const roles: readonly string[] = MAY[act];
  return session?.roles.some((role) => roles.includes(role)) ?? false;
}

export function useSession(): Session | undefined {
  const { data } = useQuery(sessionQuery);
  useEffect(() => {
    if (data !== undefined) setCsrfToken(data.csrf_token);
  }, [data]);
  return data;
}

export function useMay(act: Act): boolean {
  return may(useSession(), act);
}

/** Ask again who is signed in: the session may have ended. */
export function useCheckSession(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
}
