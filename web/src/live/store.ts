/** The newest value of every point, fed by the live stream and read by components. */

import type { AlarmItem, LatestItem } from "../api/schema";
import { Feed, type FeedMessage } from "./feed";
import type { TabMessage } from "./worker";

export type Link =
  | { state: "connecting" }
  | { state: "up" }
  | { state: "down"; /** When the stream was last heard. [ms] */ since: number };

export type PointValues = ReadonlyMap<string, LatestItem>;

const NO_VALUES: PointValues = new Map();
const NO_PARTS: readonly PointValues[] = [];
/** Values come in bursts; the page is drawn at most this often. [ms] */
const DRAW_MS = 250;

type Listener = () => void;

/** Values by device and point; a device's map is replaced, never changed, when a value comes. */
export class LiveStore {
  private devices = new Map<string, PointValues>();
  /** Device to the ids of its parts. */
  private parts = new Map<string, string[]>();
  private link: Link = { state: "connecting" };
  private version = 0;
  private loaded = false;
  private readonly listeners = new Set<Listener>();
  private readonly alarmListeners = new Set<(alarm: AlarmItem | null) => void>();
  private pending: ReturnType<typeof setTimeout> | undefined;

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  onAlarm(listener: (alarm: AlarmItem | null) => void): () => void {
    this.alarmListeners.add(listener);
    return () => this.alarmListeners.delete(listener);
  }

  getLink = (): Link => this.link;

  /** Rises with every batch of values. */
  getVersion = (): number => this.version;

  /** Whether there was a snapshot: before, a value that is not here may well exist. */
  getLoaded = (): boolean => this.loaded;

  getDevice(device: string): PointValues {
    return this.devices.get(device) ?? NO_VALUES;
  }

  /** The live values of each part of a device that was heard of. */
  getParts(device: string): readonly PointValues[] {
    return this.parts.get(device)?.map((part) => this.getDevice(part)) ?? NO_PARTS;
  }

  clear(): void {
    this.devices = new Map();
    this.parts = new Map();
    this.loaded = false;
    this.link = { state: "connecting" };
    this.changed();
  }

  take(message: FeedMessage): void {
    switch (message.type) {
      case "snapshot":
        this.devices = new Map();
        this.parts = new Map();
        this.loaded = true;
        this.merge(message.items);
        // What happened between two streams is not told one by one.
        for (const listener of this.alarmListeners) listener(null);
        break;
      case "values":
        this.merge(message.items);
        break;
      case "alarm":
        for (const listener of this.alarmListeners) listener(message.alarm);
        break;
      case "up":
        this.link = { state: "up" };
        this.changed();
        break;
      case "down":
        this.link = { state: "down", since: message.since };
        this.changed();
        break;
    }
  }

  private merge(items: readonly LatestItem[]): void {
    const touched = new Map<string, Map<string, LatestItem>>();
    for (const item of items) {
      let points = touched.get(item.device);
      if (points === undefined) {
        points = new Map(this.devices.get(item.device));
        touched.set(item.device, points);
      }
      points.set(item.point, item);
    }
    for (const [device, points] of touched) {
      if (!this.devices.has(device)) this.notePart(device);
      this.devices.set(device, points);
    }
    this.pending ??= setTimeout(() => this.changed(), DRAW_MS);
  }

  private notePart(id: string): void {
    const slash = id.indexOf("/");
    if (slash === -1) return;
    const device = id.slice(0, slash);
    const known = this.parts.get(device);
    if (known === undefined) this.parts.set(device, [id]);
    else known.push(id);
  }

  private changed(): void {
    clearTimeout(this.pending);
    this.pending = undefined;
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

export const liveStore = new LiveStore();

/** The connection to where the stream is: the shared worker, or this page itself. */
interface Tap {
  say: (message: TabMessage) => void;
}

let tap: Tap | null = null;
let running = false;

function receive(message: FeedMessage): void {
  if (running) liveStore.take(message);
}

function tapOfWorker(): Tap {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "sitewatch-live",
  });
  worker.port.onmessage = (event: MessageEvent<FeedMessage>) => receive(event.data);
  worker.port.start();
  const say = (message: TabMessage) => worker.port.postMessage(message);
  addEventListener("pagehide", () => say("bye"));
  // A page that comes back from the browser's cache has to join again.
  addEventListener("pageshow", (event) => {
    if (event.persisted && running) say("hello");
  });
  return { say };
}

/** Where a browser has no shared workers (phones), a tab has its own stream. */
function tapOfPage(): Tap {
  const feed = new Feed(receive);
  return {
    say: (message) => {
      if (message !== "hello") feed.stop();
      if (message !== "bye") feed.start();
    },
  };
}

let renew = false;

/** Open the stream, or join the one another tab has. */
export function startLive(): void {
  if (running) return;
  running = true;
  tap ??= typeof SharedWorker === "undefined" ? tapOfPage() : tapOfWorker();
  tap.say("hello");
  if (renew) tap.say("restart");
  renew = false;
}

/** Leave the stream and forget what it brought: somebody else may sign in. */
export function stopLive(): void {
  // What other tabs have open is somebody else's, too.
  renew = true;
  if (!running) return;
  running = false;
  tap?.say("bye");
  liveStore.clear();
}
