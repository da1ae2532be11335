/** Telling the service something of a work order, and asking anew for what has changed. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refreshOrders, tellOrder } from "../api/orders";

export interface Told {
  /** The resource below the order: `notes`, `parts`, `checklist/2`. */
  what: string;
  body: object;
}

export function useTell(order: number, onSuccess?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ what, body }: Told) => tellOrder(order, what, body),
    onSuccess: () => onSuccess?.(),
    onSettled: () => refreshOrders(queries),
  });
}

/** Whether work is still going on, so that its checklist can be answered. */
export function isAtWork(state: string): boolean {
  return state !== "done" && !isClosed(state);
}

export function isClosed(state: string): boolean {
  return state === "verified" || state === "cancelled";
}
