/** The dialog that a key has asked for, if the alarm's state offers it; else why it does not. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { alarmQuery } from "../api/deskQueries";
import { useWords } from "../i18n";
import { offersFor, type AlarmAct } from "./alarmActs";
import { useRights } from "./AlarmActions";
import { AlarmDialog } from "./AlarmDialogs";

export interface Keyed {
  alarm: number;
  act: AlarmAct;
}

export function KeyedDialog({ alarm, act, onClose }: Keyed & { onClose: () => void }) {
  const { t } = useWords();
  const { data } = useQuery(alarmQuery(alarm));
  const rights = useRights();
  if (data === undefined) return null;
  const offer = offersFor(data, rights)[act];
  if (offer === true) return <AlarmDialog alarm={data} act={act} onClose={onClose} />;
  const why = t(offer === false ? "console.why_state" : `console.${offer}`);
  return <Why text={`${t(`console.act_${act}`)}: ${why}`} onClose={onClose} />;
}

/** Long enough to be read. [ms] */
const READ_MS = 6000;

function Why({ text, onClose }: { text: string; onClose: () => void }) {
  useEffect(() => {
    const timer = setTimeout(onClose, READ_MS);
    return () => clearTimeout(timer);
  }, [onClose]);
  return (
    <p className="sw-toast" role="status">
      {text}
    </p>
  );
}
