/** What the page asks the service for about work orders, and what it tells it. */

import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import { BASE, getJson, postJson, upload, write } from "./client";
import type { Assignees, OrderDetail, OrderPage, OrderStatistics } from "./schema";

const SECOND = 1000;
const PAGE_OF_ORDERS = 50;

export interface OrderQuery {
  state?: string | undefined;
  site?: string | undefined;
  team?: string | undefined;
  assignee?: string | undefined;
  device?: string | undefined;
  overdue?: string | undefined;
}

export const ordersQuery = (query: OrderQuery) =>
  infiniteQueryOptions({
    queryKey: ["orders", query],
    queryFn: ({ pageParam, signal }) =>
      getJson<OrderPage>(
        "/work-orders",
        { ...query, limit: PAGE_OF_ORDERS, after: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: 20 * SECOND,
  });

export const orderQuery = (order: number) =>
  queryOptions({
    queryKey: ["order", order],
    queryFn: ({ signal }) => getJson<OrderDetail>(`/work-orders/${order}`, {}, signal),
    refetchInterval: 15 * SECOND,
  });

export const ordersOfAlarmQuery = (alarm: number) =>
  queryOptions({
    queryKey: ["orders", "alarm", alarm],
    queryFn: ({ signal }) => getJson<OrderPage>("/work-orders", { alarm, state: "all" }, signal),
  });

export const assigneesQuery = (site: string | undefined) =>
  queryOptions({
    queryKey: ["order-assignees", site ?? ""],
    queryFn: ({ signal }) => getJson<Assignees>("/work-orders/assignees", { site }, signal),
    staleTime: 60 * SECOND,
  });

export const workloadQuery = (query: { site: string | undefined; period: string }) =>
  queryOptions({
    queryKey: ["workload", query],
    queryFn: ({ signal }) =>
      getJson<OrderStatistics>("/work-orders/statistics", { ...query }, signal),
    staleTime: 20 * SECOND,
  });

export function photoAddress(order: number, sha256: string): string {
  return `${BASE}/work-orders/${order}/photos/${sha256}`;
}

/** Ask again for everything that a deed at an order changes. */
export function refreshOrders(queries: QueryClient): void {
  for (const key of ["orders", "order"]) void queries.invalidateQueries({ queryKey: [key] });
}

export const makeOrder = (body: object) => postJson<OrderDetail>("/work-orders", body);

export const makeOrderForAlarm = (alarm: number) =>
  postJson<OrderDetail>(`/alarms/${alarm}/work-order`, {});

/** `what` is the resource below the order: `steps`, `notes`, `checklist/2`, ... */
export const tellOrder = (order: number, what: string, body: object) =>
  write("POST", `/work-orders/${order}/${what}`, body);

export const addPhoto = (order: number, photo: Blob) =>
  upload(`/work-orders/${order}/photos`, photo);
