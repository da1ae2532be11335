/** A dialog that does one thing: what it is about, what is asked, and the refusal in a sentence. */

import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, type KeyboardEvent, type ReactNode, type SyntheticEvent } from "react";
import { useWords } from "../i18n";

interface ActDialogProps {
  title: string;
  /** What the button says. */
  submit: string;
  /** Does it; what it throws is shown. */
  act: () => Promise<unknown>;
  onClose: () => void;
  /** After success and after a refusal: somebody else may have been faster. */
  onSettled?: () => void;
  /** Whether all that is needed has been given. */
  ready?: boolean;
  /** What it does, in a sentence. */
  explain?: string;
  size?: string;
  children?: ReactNode;
}

export function ActDialog(props: ActDialogProps) {
  const { title, submit, act, onClose, onSettled, ready = true, explain, size, children } = props;
  const { t } = useWords();
  useFocusBack();
  const acting = useMutation({
    mutationFn: act,
    onSuccess: onClose,
    ...(onSettled === undefined ? {} : { onSettled }),
  });
  const go = ready && !acting.isPending;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (go) acting.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": t("alarms.cancel") }}
      centered
      {...(size === undefined ? {} : { size })}
    >
      <form onSubmit={onSubmit}>
        <Stack gap="sm">
          {explain !== undefined && (
            <Text size="sm" c="dimmed">
              {explain}
            </Text>
          )}
          {children}
          {acting.error !== null && (
            <Text size="sm" c="red" role="alert">
              {acting.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("alarms.cancel")}
            </Button>
            <Button type="submit" disabled={!go} loading={acting.isPending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** In a note, Enter sends and Shift+Enter is a new line; not in the middle of an input method. */
export function sendsOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

/** Who came by keyboard goes on where the dialog was opened. */
function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      setTimeout(() => {
        if (before instanceof HTMLElement && before.isConnected) before.focus();
      });
    };
  }, []);
}
