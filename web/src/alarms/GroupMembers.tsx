/** The alarms of an incident that is unfolded: what waits first, then as it spread. */

import { Button } from "@mantine/core";
import type { GroupFilter } from "../api/deskQueries";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { Failed, Loading } from "../ui/states";
import { AlarmRow } from "./AlarmRow";
import { byWaiting, useAlarms } from "./useAlarms";

/** What waits for somebody before what does not; then the first that was raised. */
const asItSpread = (a: AlarmItem, b: AlarmItem) => byWaiting(a, b) || a.id - b.id;

interface GroupMembersProps {
  group: number;
  filter: GroupFilter;
  onOpen: (alarm: AlarmItem) => void;
}

export function GroupMembers({ group, filter, onOpen }: GroupMembersProps) {
  const { t } = useWords();
  const answer = useAlarms({ ...filter, group });
  if (answer.data === undefined) {
    return (
      <tr>
        <td colSpan={6}>
          {answer.error === null ? (
            <Loading />
          ) : (
            <Failed error={answer.error} retry={() => void answer.refetch()} />
          )}
        </td>
      </tr>
    );
  }
  return (
    <>
      {[...answer.data].sort(asItSpread).map((alarm) => (
        <AlarmRow key={alarm.id} alarm={alarm} onOpen={onOpen} member />
      ))}
      {answer.hasNextPage && (
        <tr className="sw-row-member">
          <td colSpan={6}>
            <Button
              size="compact-sm"
              variant="default"
              loading={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {t("alarms.more")}
            </Button>
          </td>
        </tr>
      )}
    </>
  );
}
