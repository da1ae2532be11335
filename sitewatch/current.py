"""The estate folder of now, and whether its newest state could be taken up."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from device_configs.faults import InvalidConfigError
from sitewatch.estate_folder import EstateFolder, load_folder, revision_of

_LOG = structlog.get_logger(__name__)
_LOOK_S = 2.0


class Current:
    """Holds the accepted state of the folder; a bad one is refused whole and the old one stays."""

    def __init__(
        self,
        loaded: EstateFolder,
        fitted: Callable[[EstateFolder], EstateFolder] = lambda loaded: loaded,
    ) -> None:
        """`fitted` adds to a folder what this installation knows."""
        self._fitted = fitted
        self.loaded = fitted(loaded)
        self.reason: str | None = None
        """Why the newest state of the folder was refused; None when it was not."""
        self._seen = loaded.revision

    async def watch(self, take_up: Callable[[EstateFolder], Awaitable[None]]) -> None:
        """Look at the folder until cancelled and hand over each good change."""
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                found = await asyncio.to_thread(revision_of, self.loaded.folder)
            except OSError:
                continue  # a file vanished between listing and reading: it is being edited
            if found == self._seen:
                continue
            self._seen = found
            await self._load(take_up)

    async def _load(self, take_up: Callable[[EstateFolder], Awaitable[None]]) -> None:
        try:
            loaded = await asyncio.to_thread(load_folder, self.loaded.folder)
        except InvalidConfigError as error:
            self.reason = f"refused, the old one stays: {error.faults[0]}"
            _LOG.error("the estate folder is refused", faults=[str(f) for f in error.faults])
            return
        self.reason = None
        if loaded.revision != self.loaded.revision:
            self.loaded = self._fitted(loaded)
            await take_up(self.loaded)
            _LOG.info("a changed estate folder is taken up", revision=loaded.revision)
