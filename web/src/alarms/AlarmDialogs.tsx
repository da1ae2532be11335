/** Acknowledging an alarm, and resetting it after somebody has been there. */

import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type KeyboardEvent, type SyntheticEvent } from "react";
import { write } from "../api/client";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { AlarmHeadline } from "./AlarmHeadline";
import { refreshAlarms } from "./useAlarms";

export type Act = "ack" | "reset";

interface DialogProps {
  alarm: AlarmItem;
  act: Act;
  onClose: () => void;
}

export function AlarmDialog({ alarm, act, onClose }: DialogProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const needed = act === "reset";
  const acting = useMutation({
    mutationFn: () => write("POST", `/alarms/${alarm.id}/${act}`, { note: note.trim() || null }),
    onSuccess: onClose,
    // Also after a refusal: somebody else may have been faster.
    onSettled: () => refreshAlarms(queries),
  });
  const ready = !acting.isPending && (!needed || note.trim() !== "");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready) acting.mutate();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const enter = event.key === "Enter" && !event.nativeEvent.isComposing;
    if (enter && !event.shiftKey) submit(event);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(act === "ack" ? "alarms.ack_title" : "alarms.reset_title")}
      closeButtonProps={{ "aria-label": t("alarms.cancel") }}
      centered
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <AlarmHeadline alarm={alarm} />
          <Text size="sm" c="dimmed">
            {t(act === "ack" ? "alarms.ack_text" : "alarms.reset_text")}
          </Text>
          <Textarea
            label={t(needed ? "alarms.reset_note" : "alarms.ack_note")}
            placeholder={needed ? t("alarms.reset_placeholder") : ""}
            required={needed}
            data-autofocus
            autosize
            minRows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          {acting.error !== null && (
            <Text size="sm" c="red" role="alert">
              {acting.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("alarms.cancel")}
            </Button>
            <Button type="submit" disabled={!ready} loading={acting.isPending}>
              {t(act === "ack" ? "alarms.ack_submit" : "alarms.reset_submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
