/** How sitewatch itself is doing: stages, queues, store, channels, database, clock. */

import { useQuery } from "@tanstack/react-query";
import { AdminFrame } from "../admin/AdminFrame";
import { Basics, Channels, OwnValues, Queues, Stages } from "../admin/ServicePanels";
import { serviceQuery } from "../api/admin";
import type { ServiceState } from "../api/schema";
import { useWords } from "../i18n";
import { CheckIcon, HighIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { Loaded } from "../ui/states";

export function AdminSystemPage() {
  return (
    <AdminFrame page="system">
      <SystemHealth />
    </AdminFrame>
  );
}

function SystemHealth() {
  const answer = useQuery(serviceQuery);
  return (
    <Loaded answer={answer}>
      {(service) => (
        <>
          <Status service={service} failed={answer.error !== null} at={answer.dataUpdatedAt} />
          <div className="sw-columns">
            <div className="sw-column">
              <Stages stages={service.stages} />
              <Basics service={service} />
            </div>
            <OwnValues service={service} />
            <Queues figures={service.figures} />
          </div>
          <Channels channels={service.channels} />
        </>
      )}
    </Loaded>
  );
}

/** The whole in one line; when the service does not answer, what stands below is of before. */
function Status({ service, failed, at }: { service: ServiceState; failed: boolean; at: number }) {
  const { t } = useWords();
  if (failed) {
    return (
      <p className="sw-warning" role="status">
        <HighIcon /> {t("admin.no_answer")} <Age at={at} word="since" />
      </p>
    );
  }
  const good = service.status === "ok" && service.is_watched;
  return (
    <p
      className={good ? "sw-quiet" : "sw-warning"}
      role="status"
      data-testid="service-status"
      data-status={service.status}
    >
      {good ? <CheckIcon /> : <HighIcon />}{" "}
      {t(
        good
          ? "admin.status_ok"
          : service.status === "down"
            ? "admin.status_down"
            : "admin.status_degraded",
      )}
    </p>
  );
}
