/** One stream for all tabs of this browser: a connection is kept here and shared. */

import type { LatestItem } from "../api/schema";
import { Feed, type FeedMessage } from "./feed";

/** What a tab says: it is there, it has gone, or somebody has signed in or out. */
export type TabMessage = "hello" | "bye" | "restart";

const scope = self as unknown as { onconnect: (event: MessageEvent) => void };
const tabs = new Set<MessagePort>();
const values = new Map<string, LatestItem>();
let state: FeedMessage | null = null;
let loaded = false;

const feed = new Feed((message) => {
  if (message.type === "up" || message.type === "down") state = message;
  if (message.type === "snapshot") {
    values.clear();
    loaded = true;
  }
  if (message.type === "snapshot" || message.type === "values") {
    for (const item of message.items) values.set(`${item.device} ${item.point}`, item);
  }
  for (const tab of tabs) tab.postMessage(message);
});

function restart(): void {
  feed.stop();
  values.clear();
  loaded = false;
  state = null;
  feed.start();
}

function join(tab: MessagePort): void {
  tabs.add(tab);
  feed.start();
  if (loaded) tab.postMessage({ type: "snapshot", items: [...values.values()] });
  if (state !== null) tab.postMessage(state);
}

function leave(tab: MessagePort): void {
  tabs.delete(tab);
  if (tabs.size > 0) return;
  feed.stop();
  values.clear();
  loaded = false;
  state = null;
}

scope.onconnect = (event) => {
  const tab = event.ports[0];
  if (tab === undefined) return;
  tab.onmessage = (message: MessageEvent<TabMessage>) => {
    if (message.data === "hello") join(tab);
    else if (message.data === "bye") leave(tab);
    else restart();
  };
  tab.start();
};
