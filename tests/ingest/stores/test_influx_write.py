from datetime import UTC, datetime

import pytest

from ingest.stores.influx_write import Answer, InfluxSettings, reason_of, refusal, seconds
from tests.ingest.samples import NOW


def asked(text: str) -> float | None:
    return seconds({"retry-AFTER": text}, lambda: NOW)


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    later = datetime.fromtimestamp(NOW / 1000 + 90, UTC)
    assert asked("120") == 120.0
    assert asked(later.strftime("%a, %d %b %Y %H:%M:%S GMT")) == 90.0
    assert asked(later.strftime("%A, %d-%b-%y %H:%M:%S GMT")) == 90.0
    assert asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    for text in ("", "soon", "-5", "1.5", "Wed, 99 Foo 2015 07:28:00 GMT"):
        assert asked(text) is None
    assert seconds({}) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"error":"database not found: \\"x\\""}', 'database not found: "x"'),
        ('{"code":"invalid","message":"unable to parse"}', "unable to parse"),
        (
            '{"error":"partial write of line protocol occurred","data":[{"line_number":2}]}',
            'partial write of line protocol occurred: [{"line_number": 2}]',
        ),
        ("plain text\n", "plain text"),
        ("[1]", "[1]"),
        ('{"error":{"no":"text"}}', '{"error":{"no":"text"}}'),
        ("", ""),
    ],
)
def test_the_reason_is_found_in_the_answers_of_every_version(text: str, reason: str) -> None:
    assert reason_of(text) == reason


def test_a_token_is_shown_as_its_version_wants_it_and_never_printed() -> None:
    shown = {
        version: InfluxSettings("http://x", version=version, token="secret").authorization
        for version in (1, 2, 3)
    }
    assert shown == {1: "Token secret", 2: "Token secret", 3: "Bearer secret"}
    assert InfluxSettings("http://x").authorization is None
    assert "secret" not in repr(InfluxSettings("http://x", token="secret", password="secret"))


def test_a_refusal_carries_how_long_to_wait() -> None:
    error = refusal(InfluxSettings("http://x"), Answer(503, "", 12.0))
    assert (str(error), error.retry_after_s) == (
        "InfluxDB at http://x answers 503: no reason given", 12.0,
    )  # fmt: skip
