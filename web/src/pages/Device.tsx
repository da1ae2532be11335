/** A device: what it says now and how old that is, what it said before, and what it is. */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AlarmCards } from "../alarms/AlarmCards";
import { deviceQuery } from "../api/queries";
import type { DeviceDetail } from "../api/schema";
import { chartPointOf } from "../device/keyPoints";
import { DeviceFacts } from "../device/DeviceFacts";
import { History } from "../device/History";
import { DeviceOrders, PastAlarms } from "../device/Past";
import { RawPanel } from "../device/RawPanel";
import { KeyStrip } from "../device/KeyStrip";
import { LiveTable } from "../device/LiveTable";
import { Parts } from "../device/Parts";
import { useWords } from "../i18n";
import { LinePanel } from "../lines/LinePanel";
import { RefusedPoints } from "../lines/RefusedPoints";
import { ProofPanel } from "../proofs/ProofPanel";
import { QualityPanel } from "../quality/QualityPanel";
import { useLiveVersion } from "../live/hooks";
import { liveStore } from "../live/store";
import { ConnectedBadge } from "../ui/badges";
import { Breadcrumb } from "../ui/Breadcrumb";
import { LinkDownIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/devices/$device");
const MOST_IN_CHART = 8;

export function DevicePage() {
  const { device } = route.useParams();
  const answer = useQuery(deviceQuery(device));
  return <Loaded answer={answer}>{(data) => <Device key={data.id} device={data} />}</Loaded>;
}

/** The points of the address, those that exist; the kind's first point where it names none. */
function useChosen(device: DeviceDetail): [string[], (points: string[]) => void] {
  const { points } = route.useSearch();
  const navigate = route.useNavigate();
  const names = device.points.map((point) => point.name);
  const first = chartPointOf(device.kind, names);
  const chosen =
    points === undefined
      ? first === undefined
        ? []
        : [first]
      : points.split(",").filter((point) => names.includes(point));
  const choose = (next: string[]) =>
    void navigate({
      search: (old) => ({ ...old, points: next.slice(-MOST_IN_CHART).join(",") || "none" }),
      replace: true,
      resetScroll: false,
    });
  return [chosen, choose];
}

function Device({ device }: { device: DeviceDetail }) {
  const { t, name } = useWords();
  const sites = useSites();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [chosen, choose] = useChosen(device);
  const path = sites.data?.pathTo(device.place) ?? [];
  const toggle = (point: string) =>
    choose(chosen.includes(point) ? chosen.filter((each) => each !== point) : [...chosen, point]);
  return (
    <div className="sw-page">
      <Breadcrumb path={path} />
      <div className="sw-title">
        <h1>{name(device.name)}</h1>
        <ConnectedBadge connected={device.connected} reason={device.reason} />
        <span className="sw-dim">{name(device.kind_label)}</span>
        <span className={device.connected === true ? "sw-dim" : "sw-old"}>
          {t("device.last_seen")}:{" "}
          {device.last_seen_at === null ? (
            t("value.never")
          ) : (
            <Age at={Date.parse(device.last_seen_at)} />
          )}
        </span>
      </div>
      <Offline device={device} />
      <KeyStrip device={device} />
      <div className="sw-split">
        <div className="sw-column">
          <section className="sw-panel" aria-labelledby="history">
            <History
              device={device}
              points={chosen}
              span={search.span ?? "24h"}
              compare={search.compare}
              onCompare={(compare) =>
                void navigate({
                  search: (old) => ({ ...old, compare }),
                  replace: true,
                  resetScroll: false,
                })
              }
              onSpan={(span) =>
                void navigate({
                  search: (old) => ({ ...old, span }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
          </section>
          <section className="sw-panel" aria-labelledby="live">
            <div className="sw-panel-head">
              <h2 id="live">{t("device.live")}</h2>
            </div>
            <LiveTable device={device} chosen={chosen} onToggle={toggle} />
          </section>
          <PartsPanel device={device} />
          <RawPanel device={device} />
        </div>
        <div className="sw-column">
          <section className="sw-panel" aria-labelledby="device-alarms">
            <div className="sw-panel-head">
              <h2 id="device-alarms">{t("device.alarms")}</h2>
            </div>
            <AlarmCards filter={{ state: "open", device: device.id }} most={10} />
          </section>
          <PastAlarms device={device.id} />
          <DeviceOrders device={device.id} />
          <ProofPanel device={device.id} parts={device.part_list.length} />
          <Refused device={device} />
          <QualityPanel device={device.id} place={device.place} />
          <LinePanel line={device.line} />
          <section className="sw-panel" aria-labelledby="facts">
            <div className="sw-panel-head">
              <h2 id="facts">{t("device.facts")}</h2>
            </div>
            <DeviceFacts device={device} path={path} />
          </section>
        </div>
      </div>
    </div>
  );
}

function Offline({ device }: { device: DeviceDetail }) {
  const { t, say } = useWords();
  if (device.connected !== false) return null;
  const reason = say("reason", device.reason) || t("value.unknown");
  return (
    <p className="sw-warning" role="status">
      <LinkDownIcon /> {t("device.offline_text", { reason })}
    </p>
  );
}

function Refused({ device }: { device: DeviceDetail }) {
  const { t } = useWords();
  const { refused } = device;
  if (Object.keys(refused).length === 0) return null;
  return (
    <section className="sw-panel" aria-labelledby="refused">
      <div className="sw-panel-head">
        <h2 id="refused">{t("lines.refused_title")}</h2>
        <span className="sw-dim">{Object.keys(refused).length}</span>
      </div>
      <RefusedPoints kind={device.kind} refused={refused} />
    </section>
  );
}

function PartsPanel({ device }: { device: DeviceDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  // The parts' states come with the stream, so the list has to follow it.
  useLiveVersion();
  if (device.part_list.length === 0) return null;
  return (
    <section className="sw-panel" aria-labelledby="parts">
      <Parts
        device={device}
        read={(part) => liveStore.getDevice(part)}
        query={search.q ?? search.part ?? ""}
        abnormal={search.abnormal ?? false}
        onChange={(q, abnormal) =>
          void navigate({
            search: (old) => ({
              ...old,
              part: undefined,
              q: q === "" ? undefined : q,
              abnormal: abnormal ? (true as const) : undefined,
            }),
            replace: true,
            resetScroll: false,
          })
        }
      />
    </section>
  );
}
