/** What happened to a work order, the newest first, and the field for a note. */

import { Button, Textarea } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import type { OrderDetail } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { Refused } from "./Checklist";
import { personName } from "./orderState";
import { isClosed, useTell } from "./useTell";

type Event = OrderDetail["events"][number];

export function OrderHistory({ order }: { order: OrderDetail }) {
  const { t } = useWords();
  const newestFirst = [...order.events].reverse();
  return (
    <section className="sw-panel" aria-labelledby="order-history">
      <div className="sw-panel-head">
        <h2 id="order-history">{t("orders.history")}</h2>
      </div>
      {!isClosed(order.state) && <NoteField order={order} />}
      <ol className="sw-events">
        {newestFirst.map((event, index) => (
          <Happened key={newestFirst.length - index} order={order} event={event} />
        ))}
      </ol>
    </section>
  );
}

function NoteField({ order }: { order: OrderDetail }) {
  const { t } = useWords();
  const [note, setNote] = useState("");
  const telling = useTell(order.id, () => setNote(""));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (note.trim() !== "") telling.mutate({ what: "notes", body: { note: note.trim() } });
  };
  return (
    <form className="sw-order-note" onSubmit={submit}>
      <Textarea
        size="md"
        aria-label={t("orders.notes")}
        placeholder={t("orders.notes")}
        autosize
        minRows={1}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {note.trim() !== "" && (
        <Button size="md" type="submit" loading={telling.isPending}>
          {t("orders.note_add")}
        </Button>
      )}
      {telling.error !== null && <Refused error={telling.error} />}
    </form>
  );
}

function Happened({ order, event }: { order: OrderDetail; event: Event }) {
  const { t, language, say } = useWords();
  const about = useAbout(order, event);
  return (
    <li data-event={event.event}>
      <time dateTime={event.at}>{dateTime(Date.parse(event.at), language)}</time>
      <span>
        <b>{say("order_event", event.event)}</b>{" "}
        <span className="sw-dim">
          {event.actor === "system" ? t("orders.system") : personName(event.actor)}
        </span>
        {about !== "" && <div>{about}</div>}
        {event.note !== null && <div>{event.note}</div>}
      </span>
    </li>
  );
}

/** What an event is about, beside its note: to whom, which item, which part. */
function useAbout(order: OrderDetail, event: Event): string {
  const { name, say } = useWords();
  const said = (key: string): string => {
    const value = event.detail[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  if (event.event === "assigned") {
    return [said("team"), personName(said("assignee"))].filter((each) => each !== "").join(" · ");
  }
  if (event.event === "checked") {
    const item = order.checklist[Number(said("item"))];
    return `${name(item?.text)}: ${say("order_answer", said("answer"))}`;
  }
  if (event.event === "part_used") return `${said("count")} × ${said("name")}`;
  if (event.event === "alarm_again") return said("alarm");
  return "";
}
