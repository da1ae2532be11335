/** Requests to the HTTP interface: problems become errors, writes carry the session's token. */

import type { Problem } from "./schema";

export const BASE = "/api/v1";

/** An answer that is not good: the status, and the sentence of the problem document. */
export class ApiError extends Error {
  readonly status: number;
  /** `urn:sitewatch:NAME`, the stable name of the problem. */
  readonly type: string;

  constructor(status: number, type: string, title: string, detail: string | null) {
    super(detail === null ? title : `${title} (${detail})`);
    this.name = "ApiError";
    this.status = status;
    this.type = type;
  }

  is(name: string): boolean {
    return this.type === `urn:sitewatch:${name}`;
  }
}

/** Status of an `ApiError` that never reached the service. */
export const UNREACHABLE = 0;

let csrfToken = "";
/** How far the service's clock is ahead of this browser's. [ms] */
let clockAhead = 0;

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** The time by the service's clock [ms], so that a wrong clock at the desk gives no wrong age. */
export function serviceNow(): number {
  return Date.now() + clockAhead;
}

/** By how much the service's clock is ahead of this browser's; 0 within two seconds. [ms] */
export function clockDifference(): number {
  return clockAhead;
}

/** Take the service's time from an answer; the header has whole seconds, so less is no skew. */
export function noteServiceTime(date: string | null): void {
  const at = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(at)) return;
  const ahead = at - Date.now();
  clockAhead = Math.abs(ahead) < 2500 ? 0 : ahead;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "status" in body;
}

async function failure(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // No problem document: the status line is all there is.
  }
  if (isProblem(body)) {
    return new ApiError(response.status, body.type, body.title, body.detail ?? null);
  }
  return new ApiError(response.status, "", response.statusText || String(response.status), null);
}

async function send(
  path: string,
  headers: Record<string, string>,
  init: RequestInit,
): Promise<Response> {
  const all = {
    Accept: "application/json",
    // Problems are titled in the reader's language.
    "Accept-Language": document.documentElement.lang,
    ...headers,
  };
  let response: Response;
  try {
    response = await fetch(`${BASE}${path}`, { credentials: "same-origin", headers: all, ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE, "", "unreachable", null);
  }
  noteServiceTime(response.headers.get("Date"));
  const token = response.headers.get("X-CSRF-Token");
  if (token !== null) csrfToken = token;
  if (!response.ok) throw await failure(response);
  return response;
}

/** A list is a parameter that is repeated. */
export type Query = Record<string, string | number | readonly string[] | undefined>;

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(key, String(one));
    else if (value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

export async function getJson<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(withQuery(path, query), {}, { signal: signal ?? null });
  return (await response.json()) as T;
}

function tokenHeaders(): Record<string, string> {
  return csrfToken === "" ? {} : { "X-CSRF-Token": csrfToken };
}

async function sendBody(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = tokenHeaders();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return send(path, headers, { method, body: body === undefined ? null : JSON.stringify(body) });
}

export async function write(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<void> {
  await sendBody(method, path, body);
}

/** A write that answers with what it made. */
export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const response = await sendBody("POST", path, body);
  return (await response.json()) as T;
}

export async function putJson<T>(path: string, body: unknown): Promise<T> {
  const response = await sendBody("PUT", path, body);
  return (await response.json()) as T;
}

/** Sends a content as it is, and takes the answer. */
export async function postBody<T>(path: string, content: Blob): Promise<T> {
  const response = await send(path, tokenHeaders(), { method: "POST", body: content });
  return (await response.json()) as T;
}

/** Sends a content as it is. */
export async function upload(path: string, content: Blob): Promise<void> {
  await send(path, tokenHeaders(), { method: "POST", body: content });
}
