/** Opens the page that was asked for, once the service answers again. */

const EVERY_MS = 5000;

async function look() {
  try {
    const answer = await fetch("/api/v1/version", { cache: "no-store" });
    if (answer.ok) location.reload();
  } catch {
    // Still away; the next look comes by itself.
  }
}

document.getElementById("again").addEventListener("click", () => location.reload());
window.addEventListener("online", look);
setInterval(look, EVERY_MS);
