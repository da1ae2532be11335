/** What was used up for a work order. */

import { Button, NumberInput, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import type { OrderDetail } from "../api/schema";
import { useWords } from "../i18n";
import { Refused } from "./Checklist";
import { isClosed, useTell } from "./useTell";

export function PartsUsed({ order }: { order: OrderDetail }) {
  const { t } = useWords();
  const [name, setName] = useState("");
  const [count, setCount] = useState<number | string>(1);
  const telling = useTell(order.id, () => {
    setName("");
    setCount(1);
  });
  const ready = name.trim() !== "" && typeof count === "number" && count > 0;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready && !telling.isPending) {
      telling.mutate({ what: "parts", body: { name: name.trim(), count } });
    }
  };
  return (
    <section className="sw-panel" aria-labelledby="order-parts">
      <div className="sw-panel-head">
        <h2 id="order-parts">{t("orders.parts")}</h2>
      </div>
      {order.parts.length === 0 ? (
        <p className="sw-dim sw-order-none">{t("orders.no_parts")}</p>
      ) : (
        <ul className="sw-parts-used">
          {order.parts.map((part, index) => (
            <li key={index}>
              {part.count} × {part.name}
            </li>
          ))}
        </ul>
      )}
      {!isClosed(order.state) && (
        <form className="sw-order-row" onSubmit={submit}>
          <TextInput
            size="md"
            aria-label={t("orders.part_name")}
            placeholder={t("orders.part_name")}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NumberInput
            size="md"
            aria-label={t("orders.part_count")}
            className="sw-part-count"
            min={0}
            max={1_000_000}
            hideControls
            value={count}
            onChange={setCount}
          />
          <Button size="md" type="submit" disabled={!ready} loading={telling.isPending}>
            {t("orders.part_add")}
          </Button>
        </form>
      )}
      {telling.error !== null && <Refused error={telling.error} />}
    </section>
  );
}
