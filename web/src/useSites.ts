/** The tree of sites, indexed. */

import { useQuery } from "@tanstack/react-query";
import { sitesQuery } from "./api/queries";
import type { SiteNode } from "./api/schema";
import { useMay } from "./session";

export class SiteTree {
  readonly nodes: readonly SiteNode[];
  private readonly byId = new Map<string, SiteNode>();
  private readonly below = new Map<string | null, SiteNode[]>();

  constructor(nodes: readonly SiteNode[]) {
    this.nodes = nodes;
    for (const node of nodes) this.byId.set(node.id, node);
    for (const node of nodes) {
      const parent = node.parent !== null && this.byId.has(node.parent) ? node.parent : null;
      const siblings = this.below.get(parent);
      if (siblings === undefined) this.below.set(parent, [node]);
      else siblings.push(node);
    }
  }

  get(id: string): SiteNode | undefined {
    return this.byId.get(id);
  }

  childrenOf(id: string): readonly SiteNode[] {
    return this.below.get(id) ?? [];
  }

  /** From the top down to the site itself; a person may see only part of the estate. */
  pathTo(id: string): SiteNode[] {
    const path: SiteNode[] = [];
    let node = this.byId.get(id);
    while (node !== undefined) {
      path.unshift(node);
      node = node.parent === null ? undefined : this.byId.get(node.parent);
    }
    return path;
  }

  get estate(): SiteNode | undefined {
    return this.nodes.find((node) => node.level === "estate");
  }

  /** The sites with nothing above them: the estate, or what a person may see of it. */
  get roots(): readonly SiteNode[] {
    return this.below.get(null) ?? [];
  }

  get communities(): readonly SiteNode[] {
    return this.nodes.filter((node) => node.level === "community");
  }
}

const treeOf = (nodes: SiteNode[]) => new SiteTree(nodes);

export function useSites() {
  const mayWatch = useMay("watch");
  const mayLines = useMay("lines");
  const mayPeople = useMay("people");
  const enabled = mayWatch || mayLines || mayPeople;
  return useQuery({ ...sitesQuery, select: treeOf, enabled });
}
