/** How components read the live stream and the clock. */

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { serviceNow } from "../api/client";
import type { LatestItem } from "../api/schema";
import { liveStore, type Link, type PointValues } from "./store";

export function useLink(): Link {
  return useSyncExternalStore(liveStore.subscribe, liveStore.getLink);
}

/** The live values of a device or part; the map is a new one when a value came. */
export function useDeviceValues(device: string): PointValues {
  const get = useCallback(() => liveStore.getDevice(device), [device]);
  return useSyncExternalStore(liveStore.subscribe, get);
}

export function usePoint(device: string, point: string): LatestItem | undefined {
  return useDeviceValues(device).get(point);
}

/** Whether what is not in the stream's values was really never received. */
export function useLoaded(): boolean {
  return useSyncExternalStore(liveStore.subscribe, liveStore.getLoaded);
}

/** Draws again with every batch of values: for what looks at many devices at once. */
export function useLiveVersion(): number {
  return useSyncExternalStore(liveStore.subscribe, liveStore.getVersion);
}

const clockListeners = new Set<() => void>();
let clockTimer: ReturnType<typeof setInterval> | undefined;
let clockNow = 0;

function subscribeClock(listener: () => void): () => void {
  clockListeners.add(listener);
  clockTimer ??= setInterval(() => {
    clockNow = serviceNow();
    for (const each of clockListeners) each();
  }, 1000);
  return () => {
    clockListeners.delete(listener);
    if (clockListeners.size > 0) return;
    clearInterval(clockTimer);
    clockTimer = undefined;
  };
}

function readClock(): number {
  const now = serviceNow();
  if (Math.abs(now - clockNow) >= 1000) clockNow = now;
  return clockNow;
}

/** The service's time, once a second: one timer for all ages on the page. [ms] */
export function useNow(): number {
  return useSyncExternalStore(subscribeClock, readClock);
}

/** Whether something has been true for a while: keeps short gaps off the screen. */
export function useLasting(condition: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(condition), condition ? ms : 0);
    return () => clearTimeout(timer);
  }, [condition, ms]);
  return lasting && condition;
}
