/** The few icons of the page; shapes differ, so that colour is never the only sign. */

import type { ReactNode } from "react";

export interface IconProps {
  size?: number;
}

function Icon({ size = 16, children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      className="sw-icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2.2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const solid = { fill: "currentColor", stroke: "none" };
const cut = { stroke: "var(--sw-icon-cut, #fff)", strokeWidth: 2.6 };

/** An octagon: stop, life is in danger. */
export const EmergencyIcon = (props: IconProps) => (
  <Icon {...props}>
    <path {...solid} d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" />
    <path {...cut} d="M12 7v6M12 16.6v.3" />
  </Icon>
);
/** A triangle. */
export const HighIcon = (props: IconProps) => (
  <Icon {...props}>
    <path {...solid} d="M12 2.5 23 21.5H1z" />
    <path {...cut} d="M12 10v5M12 18v.2" />
  </Icon>
);
/** A diamond. */
export const MediumIcon = (props: IconProps) => (
  <Icon {...props}>
    <path {...solid} d="M12 1.5 22.5 12 12 22.5 1.5 12z" />
    <path {...cut} d="M12 8v4.5M12 15.8v.2" />
  </Icon>
);
/** A disc with an i. */
export const InfoIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle {...solid} cx="12" cy="12" r="10" />
    <path {...cut} d="M12 11v6M12 7.4v.2" />
  </Icon>
);
export const CheckIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="9.5" />
    <path d="m7.5 12.5 3 3 6-6.5" />
  </Icon>
);
/** A shield: protected. */
export const ShieldIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 2.5 20 5v6.5c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10V5z" />
    <path d="m8.5 12 2.5 2.5 4.5-5" />
  </Icon>
);
/** A shield struck through: not protected. */
export const ShieldOffIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 2.5 20 5v6.5c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10V5z" />
    <path d="m3 3 18 18" />
  </Icon>
);
/** A question mark in a broken ring: unknown. */
export const UnknownIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="9.5" strokeDasharray="4 3.2" />
    <path d="M9.3 9.5a2.8 2.8 0 1 1 4 2.5c-.9.5-1.3 1-1.3 2M12 17v.2" />
  </Icon>
);
export const ClockIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="9.5" />
    <path d="M12 6.5V12l3.5 2" />
  </Icon>
);
export const LinkUpIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2 12h4l3-7 5 14 3-7h5" />
  </Icon>
);
export const LinkDownIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2 12h4l2-5M14 15l1 4 3-7h4M3 3l18 18" />
  </Icon>
);
export const SunIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="4.5" />
    <path d="M12 1.5v2.5M12 20v2.5M1.5 12H4M20 12h2.5M4.6 4.600l1.8 1.8M17.6 17.600l1.8 1.8M4.6 19.400l1.8-1.8M17.6 6.400l1.8-1.8" />
  </Icon>
);
export const MoonIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M20 14.5A8.5 8.5 0 1 1 9.5 4 6.8 6.8 0 0 0 20 14.5z" />
  </Icon>
);
export const ScreenIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="2.5" y="4" width="19" height="13" rx="2" />
    <path d="M8 21h8" />
  </Icon>
);
export const UserIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="8" r="4" />
    <path d="M4 21c.8-4.2 4-6.5 8-6.5s7.2 2.3 8 6.5" />
  </Icon>
);
export const SearchIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m15.5 15.5 6 6" />
  </Icon>
);
export const DownloadIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 3v12m-5-5 5 5 5-5M4 21h16" />
  </Icon>
);
export const PowerIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M13 2 4 14h7l-1 8 9-12h-7z" />
  </Icon>
);
export const PlugIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 2v6M16 2v6M5 8h14v3a7 7 0 0 1-14 0zM12 18v4" />
  </Icon>
);
export const SoundIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3 9.5v5h4l5 4.5V5L7 9.5zM16 9a4.5 4.5 0 0 1 0 6M18.8 6a8.5 8.5 0 0 1 0 12" />
  </Icon>
);
export const SoundOffIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3 9.5v5h4l5 4.5V5L7 9.5zM16 9.5l5 5M21 9.5l-5 5" />
  </Icon>
);
export const ChevronIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m9 5 7 7-7 7" />
  </Icon>
);
/** Three dots: more to choose from. */
export const MoreIcon = (props: IconProps) => (
  <Icon {...props}>
    <path strokeWidth={3.4} d="M12 5v.1M12 12v.1M12 19v.1" />
  </Icon>
);
/** A shelf with something on it: put aside. */
export const ShelfIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2 17h20M5 17v4M19 17v4M8 17V6h8v11" />
  </Icon>
);
export const WrenchIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M14.5 9.5 4.5 19.5M20.5 6.5 17 10l-3-3 3.5-3.5a5 5 0 1 0 3 3z" />
  </Icon>
);
export const PhoneIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5 3h4l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z" />
  </Icon>
);
export const CopyIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="8.5" y="8.5" width="12" height="12" rx="2" />
    <path d="M15.5 4.5a2 2 0 0 0-2-2h-9a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2" />
  </Icon>
);
