"""The built page over a house of the interface's tests, under the real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.house import STATIC, ApiSettings
from api.oidc import Provider
from tests.api.house import Built, built
from tests.api.serving import serving
from tests.e2e.background import in_background

IS_BUILT = (STATIC / "index.html").exists()


@contextmanager
def page_of(
    folder: Path, settings: ApiSettings | None = None, *, provider: Provider | None = None
) -> Iterator[tuple[Built, str]]:
    """A house with the built page; gives it with its address."""
    with (
        built(folder, settings or ApiSettings(), provider=provider) as town,
        in_background(lambda: serving(town.app)) as background,
    ):
        yield town, background.server
