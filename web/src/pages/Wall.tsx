/** The duty desk's wall: pictures that turn by themselves, a fire before all of them, no scrolling. */

import "../wall/wall.css";

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { useAlarmRefresh } from "../alarms/useAlarms";
import { groupsQuery } from "../api/deskQueries";
import { coverageQuery } from "../api/queries";
import { useWords } from "../i18n";
import { useLink } from "../live/hooks";
import { startLive } from "../live/store";
import { useMay } from "../session";
import { SafetyBar } from "../shell/SafetyBar";
import { useEndOfSession } from "../shell/useEndOfSession";
import { Empty, Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";
import { EmergencyFront, useEmergencies } from "../wall/EmergencyFront";
import {
  AlarmScene,
  CommunityScene,
  CoverageScene,
  EnergyScene,
  lostPlaces,
  part,
  ROW,
  TILE,
} from "../wall/Scenes";
import { picturesOf, useRoom, useTurn, type Picture, type Room } from "../wall/useStage";
import { WallFooter, WallHeader, WallLost } from "../wall/WallBars";

const route = getRouteApi("/wall");
/** How long a picture stays. [s] */
const STAY = 15;

export function WallPage() {
  const { t } = useWords();
  const mayWatch = useMay("watch");
  useEndOfSession();
  useAlarmRefresh();
  useEffect(() => {
    if (mayWatch) startLive();
  }, [mayWatch]);
  const sites = useSites();
  if (!mayWatch) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <Loaded answer={sites}>{(tree) => <Wall tree={tree} />}</Loaded>;
}

/** How many pictures each scene takes in the room there is. */
function usePictures(tree: SiteTree, tiles: Room, rows: Room): Picture[] {
  const coverage = useQuery(coverageQuery(undefined));
  const groups = useQuery(groupsQuery({ state: "open" }));
  const pages = (count: number, room: Room) => Math.ceil(count / (room.columns * room.rows));
  return picturesOf({
    communities: pages(shownSites(tree).length, tiles),
    energy: 1,
    coverage: pages(lostPlaces(coverage.data?.items ?? []).length, rows),
    alarms: pages(groups.data?.items.length ?? 0, rows),
  });
}

function shownSites(tree: SiteTree) {
  return tree.communities.length > 0 ? tree.communities : tree.roots;
}

function Wall({ tree }: { tree: SiteTree }) {
  const { t, name } = useWords();
  const { scene, hold, every } = route.useSearch();
  const navigate = route.useNavigate();
  const lost = useLink().state === "down";
  const emergencies = useEmergencies();
  const burning = emergencies.count > 0;
  const tiles = useRoom(TILE.wide, TILE.high, lost ? 18 : 13);
  const rows = useRoom(ROW.wide, ROW.high, lost ? 20 : 16);
  const pictures = usePictures(tree, tiles, rows);
  const first = Math.max(
    0,
    pictures.findIndex((each) => each.scene === scene),
  );
  const held = hold === true;
  const [index, turn] = useTurn(pictures.length, every ?? STAY, held || burning, first);
  const onHold = () =>
    void navigate({
      search: (old) => ({
        ...old,
        scene: held ? undefined : pictures[index]?.scene,
        hold: held ? undefined : (true as const),
      }),
      replace: true,
    });
  useWallKeys(index, turn, onHold);
  const picture = pictures[index] ?? { scene: "communities", page: 0, pages: 1 };
  const roots = tree.roots;
  const estate = roots.length === 1 ? roots[0] : undefined;
  return (
    <div className={lost ? "sw-wall sw-wall-old" : "sw-wall"} data-scene={picture.scene}>
      <WallHeader title={estate === undefined ? t("app.name") : name(estate.name)} />
      <SafetyBar />
      <WallLost />
      <main className="sw-wall-stage">
        <h1>{t(burning ? "wall.scene_emergency" : `wall.scene_${picture.scene}`)}</h1>
        {burning ? (
          <EmergencyFront groups={emergencies.groups} count={emergencies.count} />
        ) : (
          <Scene tree={tree} picture={picture} tiles={tiles} rows={rows} />
        )}
      </main>
      <WallFooter pictures={pictures} index={index} held={held} onTurn={turn} onHold={onHold} />
    </div>
  );
}

interface SceneProps {
  tree: SiteTree;
  picture: Picture;
  tiles: Room;
  rows: Room;
}

function Scene({ tree, picture, tiles, rows }: SceneProps) {
  const size = rows.columns * rows.rows;
  switch (picture.scene) {
    case "communities": {
      const sites = part(shownSites(tree), picture.page, tiles.columns * tiles.rows);
      return <CommunityScene sites={sites} columns={tiles.columns} />;
    }
    case "energy":
      return <EnergyScene tree={tree} />;
    case "coverage":
      return <CoverageScene tree={tree} page={picture.page} size={size} columns={rows.columns} />;
    case "alarms":
      return <AlarmScene page={picture.page} size={size} columns={rows.columns} />;
  }
}

/** Arrows turn the picture, the space bar holds it; not while a button has the keyboard. */
function useWallKeys(index: number, turn: (index: number) => void, hold: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const onButton = event.target instanceof HTMLElement && event.target.closest("button, a");
      if (event.key === "ArrowRight") turn(index + 1);
      else if (event.key === "ArrowLeft") turn(index - 1);
      else if (event.key === " " && onButton === null) hold();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
