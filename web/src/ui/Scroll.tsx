/** What may be wider than a phone: it scrolls by itself, by finger and by keyboard. */

import type { ReactNode } from "react";

interface ScrollProps {
  label: string;
  panel?: boolean;
  children: ReactNode;
}

export function Scroll({ label, panel = false, children }: ScrollProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrows scroll what has focus
    <section className={panel ? "sw-panel sw-wide" : "sw-wide"} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
