/** Roles and sites as a person or token has them. */

import type { Role } from "../api/schema";

/** As a site: the whole estate. */
export const EVERYWHERE = "*";

export const ROLES: readonly Role[] = [
  "viewer",
  "operator",
  "maintainer",
  "manager",
  "integrator",
  "security_administrator",
  "auditor",
  "administrator",
];

export interface Access {
  roles: Role[];
  sites: string[];
}

export const isWhole = (access: Access): boolean =>
  access.roles.length > 0 && access.sites.length > 0;
