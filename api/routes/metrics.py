"""Prometheus metrics, outside of /api/v1 where a scraper looks for them."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.auth import Caller
from api.errors import Refusal
from api.parts_of_app import Behind, IndexOfNow

router = APIRouter(tags=["system"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(request: Request, house: Behind, index: IndexOfNow) -> Response:
    """The metrics of the whole service, for whoever sees the whole estate."""
    caller = getattr(request.state, "caller", None)
    if isinstance(caller, Caller) and not caller.everywhere(index.estate):
        raise Refusal("not_found")
    text = generate_latest(house.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
