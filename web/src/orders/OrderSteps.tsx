/** The steps that can be taken now: the likely one large, what needs a reason in a dialog. */

import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { refreshOrders, tellOrder } from "../api/orders";
import type { OrderDetail } from "../api/schema";
import { useWords } from "../i18n";
import { AssigneeFields, NOBODY, type Chosen } from "./AssigneeFields";
import { FORWARD, NEEDS_REASON, nextStep, type Step } from "./orderState";

export function OrderSteps({ order }: { order: OrderDetail }) {
  const { t, say } = useWords();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Step | null>(null);
  const stepping = useMutation({
    mutationFn: (step: Step) => tellOrder(order.id, "steps", { step }),
    // Also after a refusal: somebody else may have been faster.
    onSettled: () => refreshOrders(queries),
  });
  const next = nextStep(order.steps);
  const unanswered = order.checked < order.items;
  // Whoever is there must not have to accept first, so this is as large as the next step.
  const large = order.steps.filter(
    (step) => step === next || (FORWARD.includes(step) && step === "arrive"),
  );
  const small = order.steps.filter((step) => !large.includes(step));
  return (
    <div className="sw-order-steps">
      {large.map((step) => (
        <Button
          key={step}
          size="lg"
          variant={step === next ? "filled" : "outline"}
          data-step={step}
          disabled={step === "finish" && unanswered}
          loading={stepping.isPending && stepping.variables === step}
          onClick={() => (step === "verify" ? setAsked(step) : stepping.mutate(step))}
        >
          {say("order_step", step)}
        </Button>
      ))}
      {order.state === "done" && next === undefined && (
        <p className="sw-dim">{t("orders.second_person")}</p>
      )}
      {small.map((step) => (
        <Button
          key={step}
          size="md"
          variant="default"
          data-step={step}
          onClick={() => setAsked(step)}
        >
          {say("order_step", step)}
        </Button>
      ))}
      {stepping.error !== null && (
        <Text size="sm" c="red" role="alert">
          {stepping.error.message}
        </Text>
      )}
      {asked !== null && <StepDialog order={order} step={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

interface StepDialogProps {
  order: OrderDetail;
  step: Step;
  onClose: () => void;
}

function StepDialog({ order, step, onClose }: StepDialogProps) {
  const { t, say } = useWords();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const [who, setWho] = useState<Chosen>(NOBODY);
  const assigns = step === "assign";
  const needed = NEEDS_REASON.includes(step);
  const stepping = useMutation({
    mutationFn: () =>
      tellOrder(order.id, "steps", { step, note: note.trim(), ...(assigns ? who : {}) }),
    onSuccess: onClose,
    onSettled: () => refreshOrders(queries),
  });
  const whole = assigns
    ? who.team !== null || who.assignee !== null
    : !needed || note.trim() !== "";
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (whole && !stepping.isPending) stepping.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={say("order_step", step)}
      closeButtonProps={{ "aria-label": t("orders.cancel") }}
      centered
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          {assigns && (
            <>
              <Text size="sm" c="dimmed">
                {t("orders.choose")}
              </Text>
              <AssigneeFields site={order.site} chosen={who} onChange={setWho} />
            </>
          )}
          <Textarea
            label={t(needed ? "orders.reason" : "orders.step_note")}
            required={needed}
            data-autofocus={!assigns}
            autosize
            minRows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {stepping.error !== null && (
            <Text size="sm" c="red" role="alert">
              {stepping.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("orders.cancel")}
            </Button>
            <Button type="submit" disabled={!whole} loading={stepping.isPending}>
              {say("order_step", step)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
