/** The pages of the administration, and which of them a person may open. */

import { may, useSession, type Act } from "../session";

const PAGES = [
  ["people", "people"],
  ["tokens", "people"],
  ["system", "service"],
  ["estate", "estate"],
  ["rules", "rules"],
] as const satisfies readonly (readonly [string, Act])[];

export type AdminPage = (typeof PAGES)[number][0];

export function useAdminPages(): AdminPage[] {
  const session = useSession();
  return PAGES.filter(([, act]) => may(session, act)).map(([page]) => page);
}
