/** The sound of an unacknowledged life-safety alarm, where the desk has switched it on. */

const REMEMBERED = "sitewatch.sound";
const EVERY_MS = 3000;

let context: AudioContext | null = null;
let timer: ReturnType<typeof setInterval> | undefined;
let wanted = false;

const listeners = new Set<() => void>();

/** `blocked`: switched on, and the browser waits for somebody to touch the page. */
export type SoundState = "on" | "off" | "blocked";

export function soundIsOn(): boolean {
  return localStorage.getItem(REMEMBERED) === "on";
}

export function soundState(): SoundState {
  if (!soundIsOn()) return "off";
  return context?.state === "running" ? "on" : "blocked";
}

export function onSound(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** A browser plays nothing before the reader has touched the page. */
function wake(): void {
  if (!soundIsOn()) return;
  if (context === null) {
    context = new AudioContext();
    context.addEventListener("statechange", tell);
  }
  void context.resume();
}

for (const touch of ["pointerdown", "keydown"] as const) addEventListener(touch, wake);

export function setSound(on: boolean): void {
  localStorage.setItem(REMEMBERED, on ? "on" : "off");
  tell();
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
