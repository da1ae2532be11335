/** The photos of a work order, and a big button that takes another. */

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { addPhoto, photoAddress, refreshOrders } from "../api/orders";
import type { OrderDetail } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { Refused } from "./Checklist";
import { personName } from "./orderState";
import { shrink } from "./shrink";
import { isClosed } from "./useTell";

export function Photos({ order }: { order: OrderDetail }) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const adding = useMutation({
    mutationFn: async (files: readonly File[]) => {
      for (const file of files) await addPhoto(order.id, await shrink(file));
    },
    onSettled: () => refreshOrders(queries),
  });
  return (
    <section className="sw-panel" aria-labelledby="order-photos">
      <div className="sw-panel-head">
        <h2 id="order-photos">{t("orders.photos")}</h2>
      </div>
      {order.photos.length === 0 ? (
        <p className="sw-dim sw-order-none">{t("orders.no_photos")}</p>
      ) : (
        <ul className="sw-photos">
          {order.photos.map((photo) => {
            const time = dateTime(Date.parse(photo.at), language);
            const address = photoAddress(order.id, photo.sha256);
            return (
              <li key={photo.sha256}>
                <a href={address} target="_blank" rel="noreferrer">
                  <img
                    src={address}
                    alt={t("orders.photo", { time })}
                    width={photo.width}
                    height={photo.height}
                    loading="lazy"
                  />
                </a>
                <span className="sw-dim sw-small">
                  {time} · {personName(photo.by)}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {!isClosed(order.state) && (
        <>
          <input
            ref={input}
            type="file"
            hidden
            accept="image/jpeg,image/png,image/webp"
            multiple
            aria-label={t("orders.photo_add")}
            tabIndex={-1}
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              if (files.length > 0) adding.mutate(files);
            }}
          />
          <Button
            size="lg"
            variant="default"
            fullWidth
            loading={adding.isPending}
            onClick={() => input.current?.click()}
          >
            {t("orders.photo_add")}
          </Button>
        </>
      )}
      {adding.error !== null && <Refused error={adding.error} />}
    </section>
  );
}
