/** sitewatch itself, panel by panel; what nobody said is called unknown. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { clockDifference } from "../api/client";
import type { ChannelState, Figure, ServiceState, StageState } from "../api/schema";
import { decimal } from "../format/number";
import { dateTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { CheckIcon, HighIcon, UnknownIcon } from "../ui/icons";
import { LiveValue, QualityText, ValueAge } from "../ui/LiveValue";
import { Facts } from "../ui/Facts";
import { useKindPoints } from "../ui/useKinds";

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="sw-panel" aria-label={title}>
      <div className="sw-panel-head">
        <h2>{title}</h2>
      </div>
      {children}
    </section>
  );
}

function Unknown() {
  const { t } = useWords();
  return (
    <span className="sw-unknown">
      <UnknownIcon size={13} /> {t("value.unknown")}
    </span>
  );
}

export function Stages({ stages }: { stages: readonly StageState[] }) {
  const { t, say } = useWords();
  return (
    <Panel title={t("admin.stages")}>
      {stages.length === 0 ? (
        <Unknown />
      ) : (
        <table className="sw-table sw-stages">
          <tbody>
            {stages.map(({ name, state }) => (
              <tr key={name} data-stage={name} data-ok={state === "ok"}>
                <th scope="row">{say("stage", name.replaceAll(" ", "_"))}</th>
                <td>
                  {state === "ok" ? (
                    <span className="sw-good">
                      <CheckIcon size={14} /> {t("admin.works")}
                    </span>
                  ) : (
                    <span className="sw-sev-high">
                      <HighIcon size={14} /> {state}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function OwnValues({ service }: { service: ServiceState }) {
  const { t, name } = useWords();
  const points = useKindPoints()("service");
  const items = new Map(service.values.map((item) => [item.point, item]));
  // Its own clock is the service's: nobody could say that it is wrong.
  const known = [...points.values()].filter((point) => point.name !== "clock_wrong");
  return (
    <Panel title={t("admin.own_values")}>
      <table className="sw-table">
        <thead>
          <tr>
            <th scope="col">{t("device.point")}</th>
            <th scope="col" className="sw-num">
              {t("device.value")}
            </th>
            <th scope="col">{t("device.quality")}</th>
            <th scope="col">{t("device.age")}</th>
          </tr>
        </thead>
        <tbody>
          {known.map((info) => {
            const item = items.get(info.name);
            return (
              <tr key={info.name} data-point={info.name}>
                <td>{name(info.label)}</td>
                <td className="sw-num">
                  {item === undefined ? <Unknown /> : <LiveValue item={item} info={info} />}
                </td>
                <td>{item !== undefined && <QualityText item={item} />}</td>
                <td className="sw-nowrap">{item !== undefined && <ValueAge item={item} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}

/** The metrics that are shown one by one, by what they count. */
const SINGLE = [
  ["sitewatch_journal_bytes", "bytes"],
  ["sitewatch_recorder_lag_seconds", "s"],
  ["sitewatch_judge_lag_seconds", "s"],
  ["sitewatch_recorder_failures_total", ""],
  ["sitewatch_journal_lost_samples_total", ""],
  ["sitewatch_journal_refused_samples_total", ""],
  ["sitewatch_store_bytes", "bytes"],
  ["sitewatch_store_files", ""],
  ["sitewatch_disk_free_bytes", "bytes"],
] as const;

function useFigure(): (value: number, unit: "bytes" | "s" | "") => string {
  const { language } = useWords();
  return (value, unit) => {
    if (unit === "s") return duration(value * 1000, language);
    if (unit === "") return decimal(value, 0, language);
    if (value < 1e6) return `${decimal(value / 1e3, 1, language)} kB`;
    if (value < 1e9) return `${decimal(value / 1e6, 1, language)} MB`;
    return `${decimal(value / 1e9, 1, language)} GB`;
  };
}

export function Queues({ figures }: { figures: readonly Figure[] }) {
  const { t, say } = useWords();
  const shown = useFigure();
  const lags = figures.filter((one) => one.name === "sitewatch_journal_lag_samples");
  const age = (lag: Figure) =>
    figures.find(
      (one) =>
        one.name === "sitewatch_journal_lag_seconds" &&
        one.labels["consumer"] === lag.labels["consumer"] &&
        one.labels["lane"] === lag.labels["lane"],
    );
  return (
    <Panel title={t("admin.queues")}>
      <Facts
        rows={SINGLE.map(([name, unit]) => {
          const found = figures.find((one) => one.name === name);
          const short = name.replace("sitewatch_", "");
          return [
            say("figure", short),
            found === undefined ? <Unknown key={name} /> : shown(found.value, unit),
          ];
        })}
      />
      <h3 className="sw-h3 sw-gap-above">{t("admin.readers")}</h3>
      {lags.length === 0 ? (
        <Unknown />
      ) : (
        <table className="sw-table">
          <thead>
            <tr>
              <th scope="col">{t("admin.reader")}</th>
              <th scope="col">{t("admin.lane")}</th>
              <th scope="col" className="sw-num">
                {t("admin.unread")}
              </th>
              <th scope="col" className="sw-num">
                {t("admin.oldest")}
              </th>
            </tr>
          </thead>
          <tbody>
            {lags.map((lag) => {
              const oldest = age(lag);
              return (
                <tr key={`${lag.labels["consumer"]} ${lag.labels["lane"]}`}>
                  <td>{say("reader", lag.labels["consumer"])}</td>
                  <td>{say("lane", lag.labels["lane"])}</td>
                  <td className="sw-num">{shown(lag.value, "")}</td>
                  <td className="sw-num">
                    {oldest === undefined ? <Unknown /> : shown(oldest.value, "s")}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function Channels({ channels }: { channels: readonly ChannelState[] }) {
  const { t } = useWords();
  return (
    <Panel title={t("admin.channels")}>
      {channels.length === 0 ? (
        <p className="sw-last">
          <Unknown /> <span className="sw-dim">{t("admin.no_channels")}</span>
        </p>
      ) : (
        <table className="sw-table sw-stack">
          <thead>
            <tr>
              <th scope="col">{t("admin.channel")}</th>
              <th scope="col">{t("admin.channel_state")}</th>
              <th scope="col" className="sw-num">
                {t("admin.waiting")}
              </th>
              <th scope="col">{t("admin.last_sent")}</th>
              <th scope="col">{t("admin.last_error")}</th>
            </tr>
          </thead>
          <tbody>
            {channels.map((one) => (
              <ChannelRow key={one.channel} channel={one} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function ChannelRow({ channel }: { channel: ChannelState }) {
  const { t, say, language } = useWords();
  const when = (at: string | null) => (at === null ? "" : dateTime(Date.parse(at), language));
  const { sent_at: sent, failed_at: failed } = channel;
  // Only a success after the last failure says that it works.
  const fails = failed !== null && (sent === null || sent < failed);
  return (
    <tr data-channel={channel.channel}>
      <td>{say("channel", channel.channel)}</td>
      <td>
        {fails ? (
          <span className="sw-sev-high">
            <HighIcon size={14} /> {t("admin.fails")}
          </span>
        ) : sent === null ? (
          <Unknown />
        ) : (
          <span className="sw-good">
            <CheckIcon size={14} /> {t("admin.took")}
          </span>
        )}
        {channel.given_up > 0 && (
          <div className="sw-sev-high sw-small">
            {t("admin.given_up", { count: channel.given_up })}
          </div>
        )}
      </td>
      <td className="sw-num">{decimal(channel.waiting, 0, language)}</td>
      <td className="sw-nowrap">
        {sent === null ? <span className="sw-dim">{t("value.never")}</span> : when(sent)}
      </td>
      <td className="sw-small sw-names">
        {channel.last_error}
        {channel.last_error !== null && <div className="sw-dim">{when(failed)}</div>}
      </td>
    </tr>
  );
}

export function Basics({ service }: { service: ServiceState }) {
  const { t, language } = useWords();
  const mayLines = useMay("lines");
  const mayLetters = useMay("dead_letters");
  const { lines, database } = service;
  const ahead = Math.round(clockDifference() / 1000);
  const linesText = t("admin.lines_text", { up: lines.connected, all: lines.lines });
  return (
    <Panel title={t("admin.basics")}>
      <Facts
        rows={[
          [
            t("admin.half"),
            service.is_watched ? (
              t("admin.works")
            ) : (
              <span key="half" className="sw-sev-high">
                <HighIcon size={13} /> {t("admin.no_half")}
              </span>
            ),
          ],
          [
            t("lines.title"),
            mayLines ? (
              <Link key="lines" to="/lines">
                {linesText}
              </Link>
            ) : (
              linesText
            ),
          ],
          [
            t("admin.devices"),
            t("admin.devices_text", {
              up: lines.answering,
              silent: lines.silent,
              untried: lines.never_tried,
            }),
          ],
          [
            t("dead_letters.title"),
            mayLetters ? (
              <Link key="letters" to="/dead-letters">
                {t("admin.letters_text", {
                  count: service.dead_letters,
                  dropped: service.dead_letters_dropped,
                })}
              </Link>
            ) : (
              decimal(service.dead_letters, 0, language)
            ),
          ],
          [
            t("admin.database"),
            database.answered_ms === null ? (
              <Unknown key="database" />
            ) : (
              t("admin.database_text", {
                name: database.dialect,
                revision: database.schema_revision ?? "—",
                ms: decimal(database.answered_ms, 1, language),
              })
            ),
          ],
          [
            t("admin.clock"),
            <span key="clock">
              {dateTime(Date.parse(service.at), language)}
              {Math.abs(ahead) > 2 && (
                <span className="sw-old"> · {t("admin.clock_ahead", { count: ahead })}</span>
              )}
            </span>,
          ],
          [t("admin.version"), service.version],
          [t("admin.revision"), <code key="revision">{service.revision}</code>],
        ]}
      />
    </Panel>
  );
}
