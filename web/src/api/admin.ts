/** What administrators ask for: accounts, tokens, sitewatch itself, the estate, the rules. */

import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { getJson, postBody, postJson } from "./client";
import type {
  DeviceMap,
  EstateVerdict,
  People,
  ProfileSummary,
  RevisionDifference,
  RevisionItem,
  RuleItem,
  ServiceState,
  Sessions,
  Tokens,
} from "./schema";

const SECOND = 1000;

export const peopleQuery = (closed: boolean) =>
  queryOptions({
    queryKey: ["people", closed],
    queryFn: ({ signal }) =>
      getJson<People>("/people", { closed: closed ? "true" : undefined }, signal),
    refetchInterval: 30 * SECOND,
  });

/** The address of a person's account. */
export const personAt = (username: string) => `/people/${encodeURIComponent(username)}`;

export const sessionsOfQuery = (username: string) =>
  queryOptions({
    queryKey: ["people", "sessions", username],
    queryFn: ({ signal }) => getJson<Sessions>(`${personAt(username)}/sessions`, {}, signal),
  });

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => getJson<Tokens>("/tokens", {}, signal),
  refetchInterval: 30 * SECOND,
});

/** Ask again for what a change of an account or token shows. */
export function refreshAccess(queries: QueryClient): void {
  for (const key of ["people", "tokens"]) void queries.invalidateQueries({ queryKey: [key] });
}

export const serviceQuery = queryOptions({
  queryKey: ["service"],
  queryFn: ({ signal }) => getJson<ServiceState>("/service", {}, signal),
  refetchInterval: 5 * SECOND,
});

/** Rules change only with the estate folder. */
export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: ({ signal }) => getJson<RuleItem[]>("/rules", {}, signal),
  staleTime: 60 * SECOND,
});

export const revisionsQuery = queryOptions({
  queryKey: ["revisions"],
  queryFn: ({ signal }) => getJson<RevisionItem[]>("/revisions", {}, signal),
  refetchInterval: 30 * SECOND,
});

export const differenceQuery = (number: number, base: number | undefined) =>
  queryOptions({
    queryKey: ["revisions", number, base ?? 0],
    queryFn: ({ signal }) =>
      getJson<RevisionDifference>(`/revisions/${number}/difference`, { base }, signal),
    staleTime: Infinity,
    retry: false,
  });

export const profilesQuery = queryOptions({
  queryKey: ["profiles"],
  queryFn: ({ signal }) => getJson<ProfileSummary[]>("/profiles", {}, signal),
  staleTime: 60 * SECOND,
});

export const deviceMapQuery = (device: string) =>
  queryOptions({
    queryKey: ["device-map", device],
    queryFn: ({ signal }) =>
      getJson<DeviceMap>(`/devices/${encodeURIComponent(device)}/map`, {}, signal),
    staleTime: 60 * SECOND,
  });

/** Checks single YAML files as if they lay in the folder of now, or a whole folder as an archive. */
export async function checkEstate(files: readonly File[]): Promise<EstateVerdict> {
  const [first] = files;
  if (first !== undefined && first.name.endsWith(".zip")) {
    return postBody<EstateVerdict>("/estate/check/archive", first);
  }
  const texts = await Promise.all(
    files.map(async (file) => [file.name, await file.text()] as const),
  );
  return postJson<EstateVerdict>("/estate/check", { files: Object.fromEntries(texts) });
}
