/** A line's and a device's state: an icon of its own shape, and words. */

import type { ReactNode } from "react";
import type { DeviceOnLine, LineItem } from "../api/schema";
import { useWords } from "../i18n";
import {
  CheckIcon,
  ClockIcon,
  HighIcon,
  InfoIcon,
  LinkDownIcon,
  LinkUpIcon,
  MediumIcon,
  UnknownIcon,
  type IconProps,
} from "../ui/icons";
import { stateOf, type LineState } from "./lineState";

const SHAPES: Record<LineState, [string, (props: IconProps) => ReactNode]> = {
  down: ["sw-sev-high", LinkDownIcon],
  silent: ["sw-sev-high", HighIcon],
  late: ["sw-sev-medium", ClockIcon],
  letters: ["sw-sev-medium", MediumIcon],
  unknown: ["sw-dim", UnknownIcon],
  refused: ["sw-sev-info", InfoIcon],
  normal: ["sw-good", CheckIcon],
};

export function LineBadge({ line }: { line: LineItem }) {
  const { say } = useWords();
  const state = stateOf(line);
  const [tone, Shape] = SHAPES[state];
  return (
    <span className={`sw-badge ${tone}`}>
      <Shape size={14} />
      {say("line_state", state)}
    </span>
  );
}

const ANSWERS: Record<DeviceOnLine["state"], [string, (props: IconProps) => ReactNode]> = {
  answering: ["sw-good", LinkUpIcon],
  silent: ["sw-sev-high", LinkDownIcon],
  unknown: ["sw-dim", UnknownIcon],
};

export function AnswerBadge({ device }: { device: DeviceOnLine }) {
  const { say } = useWords();
  const [tone, Shape] = ANSWERS[device.state];
  return (
    <span className={`sw-badge ${tone}`}>
      <Shape size={14} />
      {say("device_state", device.state)}
    </span>
  );
}
