/** Who was told of an alarm and with what success, and who is told next if nobody acknowledges. */

import { useQuery } from "@tanstack/react-query";
import { tellingQuery } from "../api/deskQueries";
import type { EscalationStepItem, NotificationItem, RecipientItem } from "../api/schema";
import { clockTime, countdown, dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { CheckIcon, ClockIcon, HighIcon, PhoneIcon } from "../ui/icons";
import { Loaded } from "../ui/states";

const SHOWN = 60;
const GOOD = ["sent", "delivered", "answered"];
const BAD = ["failed", "undelivered", "unanswered"];

export function Telling({ alarm }: { alarm: number }) {
  const { t } = useWords();
  const answer = useQuery(tellingQuery(alarm));
  return (
    <Loaded answer={answer}>
      {({ notifications, steps }) => (
        <>
          <Next steps={steps} />
          {notifications.length === 0 && (
            <p className="sw-dim sw-last">{t("console.nobody_told")}</p>
          )}
          <ul className="sw-told">
            {notifications.slice(0, SHOWN).map((one, index) => (
              <Told key={index} one={one} />
            ))}
          </ul>
        </>
      )}
    </Loaded>
  );
}

function useRecipient(): (to: RecipientItem) => string {
  const { name, say } = useWords();
  return (to) => {
    if (to.kind === "channel") return say("channel", to.id);
    return to.name === null ? to.id : name(to.name);
  };
}

/** The steps of escalation: what ran, and the next with its time. */
function Next({ steps }: { steps: readonly EscalationStepItem[] }) {
  const { t, language } = useWords();
  const now = useNow();
  const recipient = useRecipient();
  const next = steps.find((step) => step.state === "to_come");
  const shown = steps.filter((step) => step !== next && step.state !== "cancelled").slice(-4);
  const stopped = next === undefined && steps.some((step) => step.state === "cancelled");
  return (
    <>
      {next !== undefined && (
        <p className="sw-next" data-step={next.step}>
          <ClockIcon size={15} />{" "}
          {t(next.cycle === 0 ? "console.next_step" : "console.next_again", {
            step: next.step,
            time: countdown(Date.parse(next.due_at) - now),
            who: next.recipients.map(recipient).join(t("console.and")),
          })}
        </p>
      )}
      {stopped && <p className="sw-dim sw-last">{t("console.escalation_over")}</p>}
      <ul className="sw-told">
        {shown.map((step) => (
          <li key={`${step.chain} ${step.step} ${step.cycle}`}>
            <span className={step.told === 0 ? "sw-sev-high" : "sw-dim"}>
              {step.told === 0 ? <HighIcon size={13} /> : <CheckIcon size={13} />}
            </span>
            <span>
              {t("console.step_ran", {
                step: step.step,
                time: clockTime(Date.parse(step.ran_at ?? step.due_at), language),
                who: step.recipients.map(recipient).join(t("console.and")),
              })}
              {step.told === 0 && (
                <span className="sw-sev-high"> {t("console.step_reached_nobody")}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Told({ one }: { one: NotificationItem }) {
  const { t, language, say } = useWords();
  const bad = BAD.includes(one.state);
  const tone = bad ? "sw-sev-high" : GOOD.includes(one.state) ? "sw-good" : "sw-dim";
  const Shape = bad ? HighIcon : GOOD.includes(one.state) ? CheckIcon : PhoneIcon;
  const channels = one.channel.split(", ").map((each) => say("channel", each));
  const at = Date.parse(one.state_at ?? one.sent_at ?? one.at);
  return (
    <li data-delivery={one.state}>
      <span className={tone}>
        <Shape size={13} />
      </span>
      <span>
        {one.contact !== null && <b>{one.name ?? one.contact} · </b>}
        {channels.join(" / ")} · {say("alarm_event", one.transition)} ·{" "}
        <span className={tone}>{say("delivery", one.state)}</span>{" "}
        <time className="sw-dim" dateTime={new Date(at).toISOString()}>
          {dateTime(at, language)}
        </time>
        {one.state === "waiting" && one.attempts > 0 && (
          <span className="sw-old"> {t("console.attempts", { count: one.attempts })}</span>
        )}
        {one.digest !== null && (
          <span className="sw-dim"> {t("console.digest", { count: one.digest })}</span>
        )}
        {one.error !== null && <div className="sw-sev-high sw-names">{one.error}</div>}
      </span>
    </li>
  );
}
