/** The pages and their addresses. */

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api/client";
import { sessionQuery } from "./api/queries";
import type { Session } from "./api/schema";
import { LoginPage } from "./pages/Login";
import { OverviewPage } from "./pages/Overview";
import {
  adminEstateSearch,
  adminPeopleSearch,
  adminRulesSearch,
  alarmsSearch,
  coverageSearch,
  deviceSearch,
  dutySearch,
  energySearch,
  evidenceSearch,
  linesSearch,
  loginSearch,
  ordersSearch,
  overviewSearch,
  qualitySearch,
  reportsSearch,
  safetySearch,
  siteSearch,
  systemSearch,
  wallSearch,
  workloadSearch,
} from "./search";
import { Shell } from "./shell/Shell";
import { forgetSignIn, hasSignedIn } from "./signedIn";
import { Crashed } from "./ui/Crashed";
import { Loading, Missing } from "./ui/states";

const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: Missing,
  errorComponent: Crashed,
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: loginSearch,
  component: LoginPage,
});

/** Lets nobody in who has not signed in, or is to change the password first. */
async function enter(queries: QueryClient, href: string): Promise<void> {
  const login = redirect({ to: "/login", search: { next: href } });
  if (!hasSignedIn()) throw login;
  let session: Session;
  try {
    session = await queries.query({ ...sessionQuery, staleTime: "static" });
  } catch (error) {
    // Any other failure is for the frame to say, and to try again.
    if (!(error instanceof ApiError) || error.status !== 401) return;
    forgetSignIn();
    throw login;
  }
  if (session.must_change_password) throw redirect({ to: "/password" });
  if (session.must_enrol) throw redirect({ to: "/account" });
}

/** Everything behind the login. */
const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "inside",
  beforeLoad: ({ context, location }) => enter(context.queries, location.href),
  component: Shell,
  notFoundComponent: Missing,
});

const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/password",
  component: lazyRouteComponent(() => import("./pages/Password"), "PasswordPage"),
});
const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/Account"), "AccountPage"),
});
const logoutRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/logout",
  component: lazyRouteComponent(() => import("./pages/Logout"), "LogoutPage"),
});
/** The screen on the wall has no frame: it is all of the window. */
const wallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/wall",
  validateSearch: wallSearch,
  beforeLoad: ({ context, location }) => enter(context.queries, location.href),
  component: lazyRouteComponent(() => import("./pages/Wall"), "WallPage"),
});
const overviewRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/",
  validateSearch: overviewSearch,
  component: OverviewPage,
});
const siteRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/sites/$site",
  validateSearch: siteSearch,
  component: lazyRouteComponent(() => import("./pages/Site"), "SitePage"),
});
const systemRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/systems/$system",
  validateSearch: systemSearch,
  component: lazyRouteComponent(() => import("./pages/System"), "SystemPage"),
});
const deviceRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/devices/$device",
  validateSearch: deviceSearch,
  component: lazyRouteComponent(() => import("./pages/Device"), "DevicePage"),
});
const alarmsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/alarms",
  validateSearch: alarmsSearch,
  component: lazyRouteComponent(() => import("./pages/Alarms"), "AlarmsPage"),
});
const maintenanceRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/maintenance",
  component: lazyRouteComponent(() => import("./pages/Maintenance"), "MaintenancePage"),
});
const drillsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/drills",
  component: lazyRouteComponent(() => import("./pages/Drills"), "DrillsPage"),
});
const safetyRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/safety",
  validateSearch: safetySearch,
  component: lazyRouteComponent(() => import("./pages/Safety"), "SafetyPage"),
});
const dutyRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/duty",
  validateSearch: dutySearch,
  component: lazyRouteComponent(() => import("./pages/Duty"), "DutyPage"),
});
const evidenceRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/evidence",
  validateSearch: evidenceSearch,
  component: lazyRouteComponent(() => import("./pages/Evidence"), "EvidencePage"),
});
const energyRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/energy",
  validateSearch: energySearch,
  component: lazyRouteComponent(() => import("./pages/Energy"), "EnergyPage"),
});
const reportsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/reports",
  validateSearch: reportsSearch,
  component: lazyRouteComponent(() => import("./pages/Reports"), "ReportsPage"),
});

const linesRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/lines",
  validateSearch: linesSearch,
  component: lazyRouteComponent(() => import("./pages/Lines"), "LinesPage"),
});
const qualityRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/quality",
  validateSearch: qualitySearch,
  component: lazyRouteComponent(() => import("./pages/Quality"), "QualityPage"),
});
const ordersRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/orders",
  validateSearch: ordersSearch,
  component: lazyRouteComponent(() => import("./pages/Orders"), "OrdersPage"),
});
const workloadRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/orders/workload",
  validateSearch: workloadSearch,
  component: lazyRouteComponent(() => import("./pages/Workload"), "WorkloadPage"),
});
const orderRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/orders/$order",
  component: lazyRouteComponent(() => import("./pages/Order"), "OrderPage"),
});
const coverageRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/coverage",
  validateSearch: coverageSearch,
  component: lazyRouteComponent(() => import("./pages/Coverage"), "CoveragePage"),
});
const deadLettersRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/dead-letters",
  component: lazyRouteComponent(() => import("./pages/DeadLetters"), "DeadLettersPage"),
});

const adminPeopleRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/admin/people",
  validateSearch: adminPeopleSearch,
  component: lazyRouteComponent(() => import("./pages/AdminPeople"), "AdminPeoplePage"),
});
const adminTokensRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/admin/tokens",
  component: lazyRouteComponent(() => import("./pages/AdminTokens"), "AdminTokensPage"),
});
const adminSystemRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/admin/system",
  component: lazyRouteComponent(() => import("./pages/AdminSystem"), "AdminSystemPage"),
});
const adminEstateRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/admin/estate",
  validateSearch: adminEstateSearch,
  component: lazyRouteComponent(() => import("./pages/AdminEstate"), "AdminEstatePage"),
});
const adminRulesRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/admin/rules",
  validateSearch: adminRulesSearch,
  component: lazyRouteComponent(() => import("./pages/AdminRules"), "AdminRulesPage"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  passwordRoute,
  accountRoute,
  logoutRoute,
  wallRoute,
  insideRoute.addChildren([
    overviewRoute,
    siteRoute,
    systemRoute,
    deviceRoute,
    alarmsRoute,
    maintenanceRoute,
    drillsRoute,
    safetyRoute,
    dutyRoute,
    evidenceRoute,
    energyRoute,
    reportsRoute,
    linesRoute,
    qualityRoute,
    ordersRoute,
    workloadRoute,
    orderRoute,
    coverageRoute,
    deadLettersRoute,
    adminPeopleRoute,
    adminTokensRoute,
    adminSystemRoute,
    adminEstateRoute,
    adminRulesRoute,
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    defaultPreload: "intent",
    defaultPendingComponent: Loading,
    defaultErrorComponent: Crashed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
