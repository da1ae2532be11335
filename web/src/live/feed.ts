/** The live stream: one EventSource that is watched, and opened again for as long as it takes. */

import { BASE } from "../api/client";
import type { AlarmItem, LatestItem } from "../api/schema";

/** Longest silence of a healthy stream: two heartbeats of 15 s and some room. [ms] */
const SILENCE_MS = 35_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 15_000;

export type FeedMessage =
  | { type: "snapshot"; items: LatestItem[] }
  | { type: "values"; items: LatestItem[] }
  | { type: "alarm"; alarm: AlarmItem | null }
  | { type: "up" }
  | { type: "down"; since: number };

interface Payload {
  items?: LatestItem[];
  alarm?: AlarmItem;
  id?: number;
  data?: Payload;
}

/** The values of an event's data: `{items: [...]}` or the list itself. */
function readItems(data: string): LatestItem[] {
  const body = JSON.parse(data) as Payload | LatestItem[];
  return Array.isArray(body) ? body : (body.items ?? []);
}

/** The alarm of an event's data: the alarm object with its transition, or `{alarm: {...}}`. */
function readAlarm(data: string): AlarmItem | null {
  const body = JSON.parse(data) as Payload;
  if (body.alarm !== undefined) return body.alarm;
  return typeof body.id === "number" ? (body as unknown as AlarmItem) : null;
}

/** Keeps one stream open and says when it is up, down, and what it brought. */
export class Feed {
  private readonly tell: (message: FeedMessage) => void;
  private source: EventSource | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retryMs = RETRY_FIRST_MS;
  private lastHeard = Date.now();
  private up = false;

  constructor(tell: (message: FeedMessage) => void) {
    this.tell = tell;
  }

  start(): void {
    if (this.source !== null || this.retry !== undefined) return;
    this.lastHeard = Date.now();
    this.open();
  }

  stop(): void {
    this.close();
    clearTimeout(this.retry);
    this.retry = undefined;
    this.up = false;
  }

  private open(): void {
    const source = new EventSource(`${BASE}/live`, { withCredentials: true });
    this.source = source;
    source.addEventListener("snapshot", (event: MessageEvent<string>) =>
      this.receive(() => ({ type: "snapshot", items: readItems(event.data) })),
    );
    source.addEventListener("values", (event: MessageEvent<string>) =>
      this.receive(() => ({ type: "values", items: readItems(event.data) })),
    );
    source.addEventListener("alarm", (event: MessageEvent<string>) =>
      this.receive(() => ({ type: "alarm", alarm: readAlarm(event.data) })),
    );
    source.addEventListener("heartbeat", () => this.heard());
    source.onerror = () => this.lost();
    this.watch();
  }

  private receive(read: () => FeedMessage): void {
    let message: FeedMessage;
    try {
      message = read();
    } catch {
      // What cannot be read must not pass for a working stream.
      this.lost();
      return;
    }
    this.heard();
    this.tell(message);
  }

  private heard(): void {
    this.lastHeard = Date.now();
    this.retryMs = RETRY_FIRST_MS;
    this.watch();
    if (!this.up) {
      this.up = true;
      this.tell({ type: "up" });
    }
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(), SILENCE_MS);
  }

  private lost(): void {
    this.close();
    this.up = false;
    this.tell({ type: "down", since: this.lastHeard });
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.retryMs = Math.min(this.retryMs * 2, RETRY_LAST_MS);
      this.open();
    }, this.retryMs);
  }

  private close(): void {
    clearTimeout(this.watchdog);
    this.source?.close();
    this.source = null;
  }
}
