/** One line with all that it counts and the devices on it, in a drawer at the side. */

import { Drawer, Stack } from "@mantine/core";
import type { LineItem } from "../api/schema";
import { decimal } from "../format/number";
import { useWords } from "../i18n";
import { Facts } from "../ui/Facts";
import { Count, lateness, Rate } from "./figures";
import { DevicesOnLine } from "./DevicesOnLine";
import { LineBadge } from "./LineBadge";
import { answering, load } from "./lineState";

export function LineDetails({ line, onClose }: { line: LineItem; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title={line.name}
      closeButtonProps={{ "aria-label": t("lines.close") }}
    >
      <Stack gap="md">
        <LineFacts line={line} />
        <section aria-labelledby="line-devices">
          <h2 id="line-devices" className="sw-h3">
            {t("lines.devices_title", { good: answering(line), all: line.devices.length })}
          </h2>
          <DevicesOnLine devices={line.devices} />
        </section>
        <section aria-labelledby="line-counters">
          <h2 id="line-counters" className="sw-h3">
            {t("lines.counters")}
          </h2>
          <Counters line={line} />
        </section>
      </Stack>
    </Drawer>
  );
}

/** How a line is now, in a few rows. */
export function LineFacts({ line }: { line: LineItem }) {
  const { t, language } = useWords();
  const { rate, of } = load(line);
  const late = (ms: number | null) => (ms === null ? null : lateness(ms, language));
  return (
    <Facts
      rows={[
        [t("state.title"), <LineBadge key="state" line={line} />],
        [t("device.protocol"), line.protocol ?? line.link],
        [
          t(of === "requests" ? "lines.column_load" : "lines.messages_per_s"),
          <Rate key="r" rate={rate} />,
        ],
        [t("lines.column_late"), late(line.lateness_ms)],
        [t("lines.column_p99"), late(line.lateness_p99_ms)],
        [t("lines.waiting"), decimal(line.waiting, 0, language)],
        [
          t("lines.refused_subscriptions"),
          line.refused_subscriptions > 0 ? (
            <span className="sw-old" key="s">
              {decimal(line.refused_subscriptions, 0, language)}
            </span>
          ) : null,
        ],
      ]}
    />
  );
}

function Counters({ line }: { line: LineItem }) {
  const { say } = useWords();
  return (
    <div className="sw-counters">
      <Facts
        rows={Object.entries(line.counters).map(([counter, count]) => [
          say("counter", counter),
          <Count
            key={counter}
            count={count}
            rate={line.rates[counter]}
            work={counter === load(line).of}
          />,
        ])}
      />
    </div>
  );
}
