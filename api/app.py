"""The app: every route behind one gate, every error a problem document, the page beside them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from alerts.watch import SERVICE
from api import errors, page
from api.auth import Gate
from api.description import DescribedApp, operation_id
from api.estate_index import Indexes
from api.headers import BodyLimit, SecurityHeaders
from api.house import House
from api.line_metrics import LineCollector
from api.lines import LineRates
from api.live import Live, LiveTimes
from api.parts_of_app import Parts
from api.permissions import Access, PermissionsError, check_routes, load_permissions
from api.quality_metrics import QualityCollector
from api.report_jobs import ReportJobs
from api.routes import (
    ack,
    alarm_desk,
    alarms,
    audit,
    devices,
    drills,
    duty,
    estate,
    external_session,
    issued,
    lines,
    live,
    maintenance,
    metrics,
    own_sessions,
    people,
    proofs,
    quality,
    report_forms,
    reports,
    rules,
    second_factor,
    service,
    session,
    sites,
    system,
    today,
    work_orders,
)
from api.site_state import SiteStates
from api.threads import Threads

PREFIX = "/api/v1"
METRICS = "GET /metrics"
_VERSIONED = (
    session, external_session, second_factor, own_sessions,
    system, sites, proofs, devices, lines, live, alarm_desk, alarms, maintenance, drills,
    work_orders,
    quality, today, reports, report_forms, issued, people, duty, audit,
    service, rules, estate,
)  # fmt: skip


def create_app(house: House, times: LiveTimes | None = None) -> FastAPI:
    """The ASGI app of a house; its lifespan runs the live stream.

    Args:
        house: what stands behind it.
        times: how often the live stream does things; tests have less time than people.

    Raises:
        PermissionsError: a route has no row in `permissions.yaml`, or a row no route.
    """
    app = DescribedApp(
        title="sitewatch",
        version=house.version,
        summary="Energy and safety of an estate of buildings: live values, alarms, reports.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        generate_unique_id_function=operation_id,
        # Described in full by `DescribedApp`; without it the framework would describe its own 422.
        responses={"4XX": {"description": "A problem document (RFC 9457)."}},
    )
    parts = _parts(house, times)
    app.state.parts = parts
    routers = [(PREFIX, module.router) for module in _VERSIONED] + [
        ("", metrics.router),
        ("", ack.router),
    ]
    gate = Gate(house, _table(routers, metrics_public=house.settings.metrics_public))
    for prefix, router in routers:
        app.include_router(router, prefix=prefix, dependencies=[Depends(gate.check)])
    errors.install(app)
    page.install(app, house.settings.static)
    app.add_middleware(BodyLimit, photo_bytes=house.settings.max_photo_bytes)
    app.add_middleware(SecurityHeaders)
    return app


def end_streams(app: FastAPI) -> None:
    """End every live stream, so that the server need not wait for them when it stops."""
    parts = app.state.parts
    if isinstance(parts, Parts):
        parts.live.end_all()


def _parts(house: House, times: LiveTimes | None) -> Parts:
    indexes = Indexes({SERVICE: house.kinds["service"]})
    LineCollector(house.line_health, house.letter_counts, house.registry, house.is_watched)
    return Parts(
        house=house,
        indexes=indexes,
        live=Live(house, indexes, times),
        states=SiteStates(house, indexes),
        threads=Threads(),
        rates=LineRates(house.line_health, house.now_ms),
        quality=QualityCollector(house.engine, house.estate, house.now_ms, house.registry),
        jobs=ReportJobs(),
    )


def _table(
    routers: list[tuple[str, APIRouter]], *, metrics_public: bool
) -> Mapping[object, Access]:
    """Access by endpoint function."""
    rows = dict(load_permissions())
    if metrics_public:
        rows[METRICS] = replace(rows[METRICS], public=True)
    found: dict[object, Access] = {}
    names: list[str] = []
    for prefix, router in routers:
        for name, endpoint in _endpoints(prefix, router):
            names.append(name)
            if endpoint in found:
                raise PermissionsError(f"{name}: its function serves another route already")
            if name in rows:
                found[endpoint] = rows[name]
    check_routes(rows, names)
    return found


def _endpoints(prefix: str, router: APIRouter) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for route in router.routes:
        if not isinstance(route, APIRoute):
            raise PermissionsError(f"{route!r} is not a route that the gate can guard")
        path = route.path_format
        found += [
            (f"{method} {prefix}{path}", route.endpoint) for method in sorted(route.methods or ())
        ]
    return found


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts = app.state.parts
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(parts.live.run(), name="live"),
            tasks.create_task(parts.rates.run(), name="line rates"),
            tasks.create_task(parts.quality.run(parts.threads), name="quality"),
        ]
        yield
        parts.live.end_all()
        parts.jobs.close()
        for task in running:
            task.cancel()
