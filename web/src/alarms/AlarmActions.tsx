/** The buttons of an alarm: only those that its state allows, and why another is not there. */

import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useState } from "react";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { MoreIcon } from "../ui/icons";
import { offersFor, type AlarmAct, type Offer, type Rights } from "./alarmActs";
import { AlarmDialog } from "./AlarmDialogs";

export function useRights(): Rights {
  return { acknowledge: useMay("acknowledge"), reset: useMay("reset") };
}

export function AlarmActions({ alarm }: { alarm: AlarmItem }) {
  const { t } = useWords();
  const [act, setAct] = useState<AlarmAct | null>(null);
  const offers = offersFor(alarm, useRights());
  return (
    <span className="sw-actions">
      {/* A reset that still needs the acknowledgement has no button beside it. */}
      {offers.ack !== false && (
        <Offered offer={offers.ack} label={t("alarms.acknowledge")} onClick={() => setAct("ack")} />
      )}
      {offers.ack === false && offers.reset !== false && (
        <Offered
          offer={offers.reset}
          label={t("alarms.reset")}
          outline
          onClick={() => setAct("reset")}
        />
      )}
      <More alarm={alarm} offers={offers} onAct={setAct} />
      {act !== null && <AlarmDialog alarm={alarm} act={act} onClose={() => setAct(null)} />}
    </span>
  );
}

function Offered({
  offer,
  label,
  outline = false,
  onClick,
}: {
  offer: Offer;
  label: string;
  outline?: boolean;
  onClick: () => void;
}) {
  const { t } = useWords();
  const why = typeof offer === "string" ? t(`console.${offer}`) : "";
  return (
    <Tooltip label={why} disabled={why === ""}>
      <Button
        size="compact-sm"
        variant={outline ? "outline" : "filled"}
        onClick={onClick}
        disabled={offer !== true}
        {...(why === "" ? {} : { title: why })}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

const FURTHER = ["shelve", "unshelve", "finding"] as const;

function More({
  alarm,
  offers,
  onAct,
}: {
  alarm: AlarmItem;
  offers: Record<AlarmAct, Offer>;
  onAct: (act: AlarmAct) => void;
}) {
  const { t } = useWords();
  const shown = FURTHER.filter((each) => offers[each] !== false);
  if (shown.every((each) => offers[each] === "why_role")) return null;
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("console.more_of", { alarm: alarm.id })}
        >
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {shown.map((each) => {
          const offer = offers[each];
          return (
            <Menu.Item key={each} disabled={offer !== true} onClick={() => onAct(each)}>
              {t(`console.act_${each}`)}
              {typeof offer === "string" && (
                <small className="sw-block">{t(`console.${offer}`)}</small>
              )}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
