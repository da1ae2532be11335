/** A small red button for what cannot be taken back: it asks first, and a refusal says why. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { ActDialog } from "./ActDialog";

interface AskButtonProps {
  label: string;
  /** What it is done to, for the dialog and for who hears the button's name. */
  title: string;
  explain: string;
  act: () => Promise<unknown>;
  onSettled: () => void;
}

export function AskButton({ label, title, explain, act, onSettled }: AskButtonProps) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        color="red"
        aria-label={title}
        onClick={() => setAsked(true)}
      >
        {label}
      </Button>
      {asked && (
        <ActDialog
          title={title}
          submit={label}
          explain={explain}
          act={act}
          onClose={() => setAsked(false)}
          onSettled={onSettled}
        />
      )}
    </>
  );
}
