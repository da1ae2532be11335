/** The sound of an unacknowledged life-safety alarm, where the desk has switched it on. */

const REMEMBERED = "sitewatch.sound";
const EVERY_MS = 3000;

let context: AudioContext | null = null;
let timer: ReturnType<typeof setInterval> | undefined;
let wanted = false;

export function soundIsOn(): boolean {
  return localStorage.getItem(REMEMBERED) === "on";
}

/** A browser plays nothing before the reader has touched the page. */
function wake(): void {
  if (!soundIsOn()) return;
  context ??= new AudioContext();
  void context.resume();
}

for (const touch of ["pointerdown", "keydown"] as const) addEventListener(touch, wake);

export function setSound(on: boolean): void {
  localStorage.setItem(REMEMBERED, on ? "on" : "off");
  if (!on) return;
  wake();
  beep();
}

function beep(): void {
  if (context === null || !soundIsOn()) return;
  for (const [delay, pitch] of [
    [0, 880],
    [0.25, 660],
    [0.5, 880],
  ] as const) {
    const start = context.currentTime + delay;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.25, start);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.22);
    tone.connect(loudness).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.24);
  }
}

/** Begin or end the sound. */
export function soundAlarm(on: boolean): void {
  if (on === wanted) return;
  wanted = on;
  clearInterval(timer);
  timer = undefined;
  if (!on) return;
  beep();
  timer = setInterval(beep, EVERY_MS);
}
