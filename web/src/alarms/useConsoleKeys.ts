/**
 * The list by keyboard: with the focus in a row, arrows go up and down, and a letter acts on the
 * row's alarm. Nothing is caught elsewhere, so that no letter typed in a field does anything.
 */

import { useEffect } from "react";
import type { AlarmAct } from "./alarmActs";

const LETTERS: Record<string, AlarmAct> = { a: "ack", r: "reset", s: "shelve", f: "finding" };
const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

export function useConsoleKeys(onAct: (alarm: number, act: AlarmAct) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const at = document.activeElement;
      const row = at?.closest("tr");
      if (!(at instanceof HTMLElement) || row == null || !at.hasAttribute("data-row-focus")) return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      const step = STEPS[event.key];
      const act = LETTERS[event.key];
      const alarm = Number(row.dataset["alarm"]);
      if (step !== undefined) {
        go(at, step);
      } else if (act !== undefined && alarm > 0) {
        onAct(alarm, act);
      } else if (act === "ack") {
        row.querySelector<HTMLElement>(".sw-actions button, .sw-cell-acts button")?.click();
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onAct]);
}

function go(from: HTMLElement, step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row-focus]")];
  rows[rows.indexOf(from) + step]?.focus();
}
