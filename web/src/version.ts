/** Keeps the page of the version that is served now, and a notice for when it cannot be reached. */

const RELOADED = "sitewatch.reloaded";
const AGAIN_MS = 60_000;

/** Register the notice, and load the page anew when a part of it is of a version that is gone. */
export function keepUp(): void {
  window.addEventListener("vite:preloadError", (event) => {
    // Once a minute at most: a part that is missing for good must not reload the page for ever.
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < AGAIN_MS) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
  // Browsers have none on plain HTTP, other than of this machine.
  if (import.meta.env.PROD && "serviceWorker" in navigator) {
    // Without it everything works; a browser may refuse it (private windows, policies).
    navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  }
}
