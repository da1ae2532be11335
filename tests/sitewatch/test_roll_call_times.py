import asyncio
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from sitewatch.roll_call_times import call, call_daily
from tests.api.house import built


async def test_a_site_is_called_and_one_that_cannot_be_is_no_failure(tmp_path: Path) -> None:
    with built(tmp_path) as town:
        calls = town.house.roll_calls
        for site in ("centre", "centre", "nowhere"):
            await call(calls, site)
        assert [one.site for one in calls.listed()] == ["centre"]
        task = asyncio.ensure_future(call_daily(calls, ["north"], ZoneInfo("Asia/Shanghai")))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
