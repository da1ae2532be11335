/** Why nobody is told of an alarm, until when, and by whose word. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { windowsQuery } from "../api/deskQueries";
import type { AlarmItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { ClockIcon, LinkDownIcon, ShelfIcon, WrenchIcon } from "../ui/icons";
import { useSites } from "../useSites";
import { actorName } from "./actorName";
import { windowOf } from "./holds";

const ICONS: Record<string, typeof ShelfIcon> = {
  shelved: ShelfIcon,
  inhibited: LinkDownIcon,
  out_of_service: WrenchIcon,
};

export function HoldBadges({ alarm }: { alarm: AlarmItem }) {
  if (alarm.held.length === 0) return null;
  return (
    <>
      {alarm.held.map((held) => (
        <HoldBadge key={held} alarm={alarm} held={held} />
      ))}
    </>
  );
}

function HoldBadge({ alarm, held }: { alarm: AlarmItem; held: string }) {
  const { say } = useWords();
  const Shape = ICONS[held] ?? ClockIcon;
  return (
    <div className="sw-hold" data-held={held}>
      <span className="sw-tag">
        <Shape size={12} /> {say("held", held)}
      </span>
      <small className="sw-dim">
        {held === "shelved" && <Shelved alarm={alarm} />}
        {held === "inhibited" && <Inhibited />}
        {held === "out_of_service" && <OutOfService alarm={alarm} />}
      </small>
    </div>
  );
}

function Shelved({ alarm }: { alarm: AlarmItem }) {
  const { t, language } = useWords();
  const { shelved_until: until, shelved_by: by, shelved_reason: reason } = alarm;
  if (until == null) return null;
  const once = alarm.shelving_state === "OneShotShelved";
  return (
    <>
      {t(once ? "console.until_normal" : "console.until", {
        time: dateTime(Date.parse(until), language),
      })}
      {" · "}
      {reason} ({actorName(by ?? "")})
    </>
  );
}

function Inhibited() {
  const { t } = useWords();
  return <>{t("console.inhibited_why")}</>;
}

function OutOfService({ alarm }: { alarm: AlarmItem }) {
  const { t, language } = useWords();
  const windows = useInfiniteQuery(windowsQuery);
  const tree = useSites().data;
  const found = windowOf(alarm, windows.data?.pages.flatMap((page) => page.items) ?? [], tree);
  if (found === undefined) return null;
  return (
    <>
      {t("console.until", { time: dateTime(Date.parse(found.ends_at), language) })}
      {" · "}
      {found.reason} ({found.owner})
    </>
  );
}
