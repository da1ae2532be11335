"""What the service says of itself: health, version, kinds, profiles, the description."""

from collections import Counter
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from api.auth import Asking
from api.device_items import both, point_info
from api.parts_of_app import Behind, IndexOfNow
from api.schemas import Health
from api.schemas_system import KindInfo, ProfileSummary, Version

router = APIRouter(tags=["system"])
WITHOUT_IT_DOWN = frozenset({"journal", "engine"})
"""Stages without which no alarm is raised: the service is then down, not degraded."""


def status_of(stages: Mapping[str, str]) -> str:
    """Ok, degraded or down, from the stages."""
    failed = {stage for stage, state in stages.items() if state != "ok"}
    if not failed:
        return "ok"
    return "down" if failed & WITHOUT_IT_DOWN else "degraded"


@router.get("/health", responses={503: {"model": Health, "description": "It is down."}})
async def get_health(response: Response, house: Behind) -> Health:
    """How the service is; 503 when it is down."""
    stages = dict(house.health())
    status = status_of(stages)
    if status == "down":
        response.status_code = 503
    return Health(status=status, stages=stages, version=house.version)


@router.get("/version")
async def get_version(house: Behind) -> Version:
    """Which sitewatch this is, and which revision of the estate it runs."""
    return Version(version=house.version, revision=house.revision())


@router.get("/openapi.json", include_in_schema=False)
def get_openapi(request: Request) -> dict[str, object]:
    """The description of this interface."""
    found: dict[str, object] = request.app.openapi()
    return found


@router.get("/kinds")
def get_kinds(house: Behind) -> list[KindInfo]:
    """What devices there can be, and what their points and values are called."""
    return [
        KindInfo(
            kind=kind.kind,
            label=both(kind.label),
            system=kind.system.value,
            points=[point_info(spec) for spec in kind.points.values()],
        )
        for kind in house.kinds.values()
    ]


@router.get("/profiles")
def get_profiles(caller: Asking, index: IndexOfNow) -> list[ProfileSummary]:
    """The profile library, with how well each is proven."""
    visible = caller.visible(index.estate)
    used = Counter(d.profile.id for d in index.estate.devices.values() if d.place in visible)
    found = []
    for profile in sorted(index.estate.profiles.values(), key=lambda profile: profile.id):
        points = [*profile.points.values()]
        if profile.parts:
            points += profile.parts.points.values()
        found.append(
            ProfileSummary(
                id=profile.id,
                kind=profile.kind.kind,
                vendor=profile.vendor,
                model=profile.model,
                protocol=profile.protocol,
                source=profile.source,
                verified=profile.verified.value,
                points=len(points),
                points_verified=dict(Counter(point.verified.value for point in points)),
                parts=profile.parts.count if profile.parts else 0,
                devices=used[profile.id],
                note=profile.note,
            )
        )
    return found
