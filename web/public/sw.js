/**
 * Says plainly that the service cannot be reached, where a browser would show a page of its own.
 *
 * It keeps that notice and nothing else: no page and no answer of the interface ever comes from here,
 * so that nothing old can pass for live. What is asked for under /api and /ack it leaves alone.
 */

const KEPT = "sitewatch-notice";
const NOTICE = "/offline.html";
const FILES = [NOTICE, "/offline.js", "/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      // Past the browser's own cache: a new version brings a new notice.
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET" || /^\/(api|ack|metrics)(\/|$)/.test(pathname)) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(NOTICE)));
  } else if (FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});
