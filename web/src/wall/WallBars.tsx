/** Around the pictures of the wall: clock, sound, what is lost, and which picture this is. */

import { Link } from "@tanstack/react-router";
import { useFullscreenDocument } from "@mantine/hooks";
import { useSyncExternalStore } from "react";
import { clockTime, dayOf, duration } from "../format/time";
import { useWords } from "../i18n";
import { useLink, useNow } from "../live/hooks";
import type { SceneName } from "../search";
import { Brand } from "../shell/Brand";
import { HealthPill, LinkPill } from "../shell/Shell";
import { onSound, setSound, soundState } from "../shell/sound";
import { LinkDownIcon, SoundIcon, SoundOffIcon } from "../ui/icons";
import type { Picture } from "./useStage";

export function WallHeader({ title }: { title: string }) {
  const { t, language } = useWords();
  const now = useNow();
  const { fullscreen, toggle } = useFullscreenDocument();
  return (
    <header className="sw-wall-head">
      <span className="sw-wall-brand">
        <Brand /> <b>{title}</b>
      </span>
      <span className="sw-wall-tools">
        <HealthPill />
        <LinkPill />
        <Sound />
        <button type="button" className="sw-wall-button" onClick={() => void toggle()}>
          {t(fullscreen ? "wall.leave_full" : "wall.full")}
        </button>
        <Link to="/" className="sw-wall-button">
          {t("wall.leave")}
        </Link>
      </span>
      <time className="sw-wall-clock">
        <small>{dayOf(now)}</small> {clockTime(now, language)}
      </time>
    </header>
  );
}

/** Whether an alarm would be heard: a browser plays nothing before somebody has touched it. */
function Sound() {
  const { t } = useWords();
  const state = useSyncExternalStore(onSound, soundState);
  if (state === "on") {
    return (
      <button
        type="button"
        className="sw-wall-button"
        data-sound="on"
        onClick={() => setSound(false)}
      >
        <SoundIcon /> {t("wall.sound_on")}
      </button>
    );
  }
  return (
    <button
      type="button"
      className="sw-wall-button sw-wall-mute"
      data-sound={state}
      onClick={() => setSound(true)}
    >
      <SoundOffIcon /> {t(state === "off" ? "wall.sound_off" : "wall.sound_blocked")}
    </button>
  );
}

/** Across the whole wall: nobody may take an old picture for the present. */
export function WallLost() {
  const { t, language } = useWords();
  const link = useLink();
  const now = useNow();
  if (link.state !== "down") return null;
  return (
    <section className="sw-wall-lost" role="alert" data-testid="wall-lost">
      <LinkDownIcon size={40} />
      <div>
        <strong aria-live="off">
          {t("link.lost_title", { age: duration(now - link.since, language) })}
        </strong>
        <span>
          {t("wall.lost", { time: clockTime(link.since, language) })} {t("link.lost_act")}
        </span>
      </div>
    </section>
  );
}

interface WallFooterProps {
  pictures: readonly Picture[];
  index: number;
  held: boolean;
  onTurn: (index: number) => void;
  onHold: () => void;
}

export function WallFooter({ pictures, index, held, onTurn, onHold }: WallFooterProps) {
  const { t, i18n } = useWords();
  const wordOf = (scene: SceneName) => t(`wall.scene_${scene}`);
  return (
    <footer className="sw-wall-foot">
      <nav aria-label={t("wall.pictures")}>
        {pictures.map((picture, place) => (
          <button
            key={`${picture.scene} ${picture.page}`}
            type="button"
            aria-current={place === index}
            onClick={() => onTurn(place)}
          >
            {wordOf(picture.scene)}
            {picture.pages > 1 && ` ${picture.page + 1}/${picture.pages}`}
          </button>
        ))}
        <button type="button" aria-pressed={held} onClick={onHold}>
          {t(held ? "wall.go_on" : "wall.hold")}
        </button>
      </nav>
      <small>
        <span lang="zh-CN">{i18n.getFixedT("zh")("app.notice")}</span>{" "}
        <span lang="en">{i18n.getFixedT("en")("app.notice")}</span>
      </small>
    </footer>
  );
}
