/** A page of windows or drills: what they are, a button for a new one, and the list. */

import { Button } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { DeskTabs } from "../alarms/DeskTabs";
import { useWords } from "../i18n";
import { Empty, Loaded } from "../ui/states";

interface HoldPageProps<T> {
  title: string;
  explain: string;
  none: string;
  /** What the button for a new one says; without it there is none. */
  create: string | undefined;
  form: (onClose: () => void) => ReactNode;
  answer: UseInfiniteQueryResult<{ pages: { items: T[] }[] }>;
  children: (items: readonly T[]) => ReactNode;
}

export function HoldPage<T>(props: HoldPageProps<T>) {
  const { title, explain, none, create, form, answer, children } = props;
  const { t } = useWords();
  const [asked, setAsked] = useState(false);
  const items = answer.data?.pages.flatMap((page) => page.items);
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{title}</h1>
        {create !== undefined && (
          <Button size="xs" onClick={() => setAsked(true)}>
            {create}
          </Button>
        )}
        <DeskTabs />
      </div>
      <p className="sw-dim sw-last sw-prose">{explain}</p>
      <section className="sw-panel" aria-label={title}>
        <Loaded answer={{ ...answer, data: items }}>
          {(found) => (found.length === 0 ? <Empty>{none}</Empty> : children(found))}
        </Loaded>
        {answer.hasNextPage && (
          <div className="sw-more">
            <Button
              variant="default"
              loading={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {t("alarms.more")}
            </Button>
          </div>
        )}
      </section>
      {asked && form(() => setAsked(false))}
    </div>
  );
}
