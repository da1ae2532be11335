/** A secret that was made, and is shown only now. */

import { Button, CopyButton, Group, Modal, Stack, Text } from "@mantine/core";
import { useWords } from "../i18n";
import { CopyIcon } from "../ui/icons";

interface ShownOnceProps {
  title: string;
  explain: string;
  secret: string;
  onClose: () => void;
}

export function ShownOnce({ title, explain, secret, onClose }: ShownOnceProps) {
  const { t } = useWords();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      centered
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="sm">
        <Text size="sm">{explain}</Text>
        <code className="sw-secret" data-testid="secret">
          {secret}
        </code>
        <Group justify="flex-end">
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<CopyIcon size={14} />} onClick={copy}>
                {t(copied ? "evidence.copied" : "evidence.copy")}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>{t("admin.noted")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
