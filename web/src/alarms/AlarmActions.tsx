/** The buttons of an alarm: only those that its state allows, and why another is not there. */

import { Button, Tooltip } from "@mantine/core";
import { useState } from "react";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { AlarmDialog, type Act } from "./AlarmDialogs";

export function AlarmActions({ alarm }: { alarm: AlarmItem }) {
  const { t } = useWords();
  const [act, setAct] = useState<Act | null>(null);
  const mayAcknowledge = useMay("acknowledge");
  const mayReset = useMay("reset");
  const open = alarm.state !== "cleared";
  const resetWaits = alarm.active
    ? t("alarms.reset_wait_active")
    : alarm.acked
      ? ""
      : t("alarms.reset_wait_ack");
  const resetBlock = mayReset ? resetWaits : t("alarms.no_permission");
  return (
    <span className="sw-actions">
      {open && !alarm.acked && (
        <Tooltip label={t("alarms.no_permission")} disabled={mayAcknowledge}>
          <Button
            size="compact-sm"
            variant="filled"
            onClick={() => setAct("ack")}
            {...(mayAcknowledge ? {} : { "data-disabled": true, "aria-disabled": true })}
            disabled={!mayAcknowledge}
          >
            {t("alarms.acknowledge")}
          </Button>
        </Tooltip>
      )}
      {open && alarm.latched && alarm.acked && (
        <Tooltip label={resetBlock} disabled={resetBlock === ""}>
          <Button
            size="compact-sm"
            variant="outline"
            disabled={resetBlock !== ""}
            onClick={() => setAct("reset")}
          >
            {t("alarms.reset")}
          </Button>
        </Tooltip>
      )}
      {act !== null && <AlarmDialog alarm={alarm} act={act} onClose={() => setAct(null)} />}
    </span>
  );
}
