/** What came in and was not understood: for whoever connects devices. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { deadLettersQuery } from "../api/queries";
import type { DeadLetterItem } from "../api/schema";
import { decimal } from "../format/number";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { SystemTabs } from "../lines/SystemTabs";
import { useMay } from "../session";
import { CheckIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { Head } from "../ui/Head";

export function DeadLettersPage() {
  const { t } = useWords();
  const may = useMay("dead_letters");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <DeadLetters />;
}

function DeadLetters() {
  const { t } = useWords();
  const answer = useInfiniteQuery(deadLettersQuery);
  const letters = answer.data?.pages.flatMap((page) => page.items);
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("dead_letters.title")}</h1>
        <SystemTabs />
      </div>
      <p className="sw-dim sw-last">{t("dead_letters.what")}</p>
      <section className="sw-panel" aria-label={t("dead_letters.title")}>
        <Loaded answer={{ ...answer, data: letters }}>
          {(found) =>
            found.length === 0 ? (
              <div className="sw-empty sw-good">
                <CheckIcon size={28} />
                <strong>{t("dead_letters.none")}</strong>
              </div>
            ) : (
              <>
                <Letters letters={found} />
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
              </>
            )
          }
        </Loaded>
      </section>
    </div>
  );
}

function Letters({ letters }: { letters: readonly DeadLetterItem[] }) {
  const { t, language } = useWords();
  return (
    <table className="sw-table sw-stack sw-letters">
      <Head
        columns={[
          t("dead_letters.received"),
          t("dead_letters.source"),
          t("dead_letters.reason"),
          t("dead_letters.payload"),
        ]}
      />
      <tbody>
        {letters.map((letter) => (
          <tr key={letter.id} data-letter={letter.id}>
            <td className="sw-nowrap sw-small">{dateTime(Date.parse(letter.at), language)}</td>
            <td>
              <code>{letter.source}</code>
            </td>
            <td>{letter.reason}</td>
            <td>
              <pre className="sw-payload">{letter.payload}</pre>
              <div className="sw-dim sw-small">
                {t(letter.encoding === "hex" ? "dead_letters.hex" : "dead_letters.text")} ·{" "}
                {t("dead_letters.size", { size: decimal(letter.size, 0, language) })}
                {!letter.whole && ` · ${t("dead_letters.cut")}`}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
