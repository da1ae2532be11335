/** Making a work order by hand. */

import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { makeOrder, refreshOrders } from "../api/orders";
import { zoneOffset } from "../format/time";
import { useWords } from "../i18n";
import { SiteSelect } from "../ui/SiteSelect";
import { useSites } from "../useSites";
import { AssigneeFields, NOBODY, type Chosen } from "./AssigneeFields";

/** What a field for date and time holds, by the estate's wall, as a moment in UTC. */
function momentOf(local: string): string {
  const asUtc = Date.parse(`${local}:00Z`);
  return new Date(asUtc - zoneOffset(asUtc)).toISOString();
}

export function NewOrder({ site, onClose }: { site: string | undefined; onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const tree = useSites().data;
  const [title, setTitle] = useState("");
  const [place, setPlace] = useState(site);
  const [note, setNote] = useState("");
  const [due, setDue] = useState("");
  const [who, setWho] = useState<Chosen>(NOBODY);
  const making = useMutation({
    mutationFn: () =>
      makeOrder({
        title: title.trim(),
        site: place,
        note: note.trim() || null,
        team: who.team,
        assignee: who.assignee,
        due_at: due === "" ? null : momentOf(due),
      }),
    onSuccess: (made) => {
      refreshOrders(queries);
      void navigate({ to: "/orders/$order", params: { order: String(made.id) } });
    },
  });
  const ready = title.trim() !== "" && place !== undefined && !making.isPending;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready) making.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("orders.new")}
      closeButtonProps={{ "aria-label": t("orders.cancel") }}
      centered
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={t("orders.what")}
            required
            data-autofocus
            maxLength={200}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <SiteSelect
            tree={tree}
            label={t("orders.site")}
            anywhere=""
            value={place}
            onChange={(value) => {
              setPlace(value);
              setWho(NOBODY);
            }}
          />
          <AssigneeFields site={place} chosen={who} onChange={setWho} />
          <TextInput
            label={t("orders.due")}
            type="datetime-local"
            value={due}
            onChange={(event) => setDue(event.currentTarget.value)}
          />
          <Textarea
            label={t("orders.note")}
            autosize
            minRows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {making.error !== null && (
            <Text size="sm" c="red" role="alert">
              {making.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("orders.cancel")}
            </Button>
            <Button type="submit" disabled={!ready} loading={making.isPending}>
              {t("orders.make")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
