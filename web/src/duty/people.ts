/** Contacts by id, for names wherever the duty list speaks of them. */

import { useQuery } from "@tanstack/react-query";
import { dutyQuery } from "../api/deskQueries";
import type { Contact } from "../api/schema";

export function useContacts(): ReadonlyMap<string, Contact> {
  const { data } = useQuery(dutyQuery);
  return new Map((data?.contacts ?? []).map((one) => [one.id, one]));
}

/** The ways in which a contact can be reached, each with its address. */
export function reachedBy(contact: Contact): { by: string; at: string }[] {
  const ways = ["phone", "email", "wecom", "webhook"] as const;
  return ways.flatMap((by) => {
    const at = contact[by];
    return at == null ? [] : [{ by, at }];
  });
}
