/** Which maintenance window takes an alarm out of service, as the service decides it. Pure. */

import type { AlarmItem, WindowItem } from "../api/schema";
import { deviceOf } from "../api/queries";
import type { SiteTree } from "../useSites";

/** The running window that ends last of those whose scope has the alarm. */
export function windowOf(
  alarm: AlarmItem,
  windows: readonly WindowItem[],
  tree: SiteTree | undefined,
): WindowItem | undefined {
  const sites = tree?.pathTo(alarm.place).map((site) => site.id) ?? [alarm.place];
  return windows
    .filter((one) => one.running && takes(one, alarm, sites))
    .sort((a, b) => Date.parse(b.ends_at) - Date.parse(a.ends_at))[0];
}

function takes(one: WindowItem, alarm: AlarmItem, sites: readonly string[]): boolean {
  const fits = (wanted: readonly string[], has: readonly string[]) =>
    wanted.length === 0 || wanted.some((each) => has.includes(each));
  return (
    (one.site === null || sites.includes(one.site)) &&
    fits(one.devices, [alarm.device, deviceOf(alarm.device)]) &&
    fits(one.rules, [alarm.rule]) &&
    fits(one.classes, [alarm.alarm_class])
  );
}
