/** The checklist of a work order: each item is answered with one tap, and may have a remark. */

import { Button, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import type { OrderDetail } from "../api/schema";
import { useWords } from "../i18n";
import { isAtWork, useTell } from "./useTell";

const ANSWERS = ["done", "not_applicable"] as const;

export function Checklist({ order }: { order: OrderDetail }) {
  const { t } = useWords();
  return (
    <section className="sw-panel" aria-labelledby="order-checklist">
      <div className="sw-panel-head">
        <h2 id="order-checklist">{t("orders.checklist")}</h2>
        <span className="sw-dim" role="status">
          {t("orders.checked", { count: order.checked, all: order.items })}
        </span>
      </div>
      <ol className="sw-checklist">
        {order.checklist.map((_, index) => (
          <Item key={index} order={order} index={index} />
        ))}
      </ol>
    </section>
  );
}

function Item({ order, index }: { order: OrderDetail; index: number }) {
  const { t, name, say } = useWords();
  const [remark, setRemark] = useState<string | null>(null);
  const telling = useTell(order.id, () => setRemark(null));
  const item = order.checklist[index];
  if (item === undefined) return null;
  const open = isAtWork(order.state);
  const answer = (given: string, said: string) =>
    telling.mutate({ what: `checklist/${index}`, body: { answer: given, remark: said } });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    answer(item.answer, remark ?? item.remark);
  };
  return (
    <li data-item={index} data-answer={item.answer}>
      <span className="sw-check-text">{name(item.text)}</span>
      {open ? (
        <span className="sw-check-answers" role="group" aria-label={name(item.text)}>
          {ANSWERS.map((each) => (
            <Button
              key={each}
              size="md"
              variant={item.answer === each ? "filled" : "default"}
              aria-pressed={item.answer === each}
              disabled={telling.isPending}
              // A second tap takes the answer back.
              onClick={() => answer(item.answer === each ? "open" : each, item.remark)}
            >
              {say("order_answer", each)}
            </Button>
          ))}
          {remark === null && (
            <Button size="md" variant="subtle" onClick={() => setRemark(item.remark)}>
              {t("orders.remark_add")}
            </Button>
          )}
        </span>
      ) : (
        // Whoever verifies reads what was said: a button that is off looks the same either way.
        <b>{say("order_answer", item.answer)}</b>
      )}
      {remark === null && item.remark !== "" && <span className="sw-dim">{item.remark}</span>}
      {remark !== null && (
        <form className="sw-order-row" onSubmit={submit}>
          <TextInput
            aria-label={`${t("orders.remark")}: ${name(item.text)}`}
            maxLength={2000}
            value={remark}
            onChange={(event) => setRemark(event.currentTarget.value)}
          />
          <Button type="submit" loading={telling.isPending}>
            {t("orders.save")}
          </Button>
        </form>
      )}
      {telling.error !== null && <Refused error={telling.error} />}
    </li>
  );
}

export function Refused({ error }: { error: Error }) {
  return (
    <span className="sw-sev-high" role="alert">
      {error.message}
    </span>
  );
}
