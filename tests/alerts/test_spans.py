import datetime as dt
from zoneinfo import ZoneInfo

from alerts.deviation import Deviation, Expected
from alerts.spans import SETTLE_MS, before, newest_span, span_on

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = Deviation(of=Expected.BASELINE, above=3, hours=(0, 4))
HOURLY = Deviation(of=Expected.PEERS, below=0.8)


def ms(text: str, zone: str = "Asia/Shanghai") -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def test_a_night_is_judged_once_it_is_settled() -> None:
    end = ms("2026-11-25T04:00")
    assert newest_span(NIGHT, end + SETTLE_MS, ZONE).end == end
    assert newest_span(NIGHT, end + SETTLE_MS - 1, ZONE).day == dt.date(2026, 11, 24)
    assert newest_span(NIGHT, ms("2026-11-25T23:59"), ZONE).end == end


def test_hours_are_judged_one_by_one() -> None:
    span = newest_span(HOURLY, ms("2026-11-25T10:29"), ZONE)
    assert (span.start, span.end) == (ms("2026-11-25T08:00"), ms("2026-11-25T09:00"))
    assert newest_span(HOURLY, ms("2026-11-25T10:30"), ZONE).end == ms("2026-11-25T10:00")
    assert before(HOURLY, span, ZONE).end == span.start
    assert newest_span(HOURLY, ms("2026-11-25T00:31"), ZONE).day == dt.date(2026, 11, 24)


def test_the_night_before() -> None:
    night = span_on(NIGHT, dt.date(2026, 11, 25), ZONE)
    assert before(NIGHT, night, ZONE) == span_on(NIGHT, dt.date(2026, 11, 24), ZONE)
    assert night.hours == 4


def test_a_clock_change_makes_a_night_shorter() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = span_on(NIGHT, dt.date(2026, 3, 29), berlin)
    assert night.hours == 3
    whole = Deviation(of=Expected.BASELINE, above=3, hours=(0, 24))
    assert span_on(whole, dt.date(2026, 3, 29), berlin).hours == 23
