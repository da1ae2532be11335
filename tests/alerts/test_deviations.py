from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from alerts.condition import Verdict
from alerts.deviation import Deviation, Expected
from alerts.deviations import Judged, beyond, finding, forget, keep, kept, spans
from alerts.watch import Key
from analysis.expectation import Expectation
from records.engine import make_engine, metadata

LEAK = Deviation(of=Expected.BASELINE, above=3, hours=(0, 4), at_least=0.2)
ROW = Deviation(of=Expected.BASELINE, above=1.5, hours=(0, 4), spans=3)
LOW = Deviation(of=Expected.PEERS, below=0.8)
KEY = Key("night_water_flow", "water-1", "volume_total")
USUAL = Expectation(0.1, 0.01, 20)


def test_what_is_not_known_does_not_deviate_and_is_not_in_order() -> None:
    assert beyond(LEAK, 1.0, USUAL) is True
    assert beyond(LEAK, 0.2, USUAL) is False
    assert beyond(LEAK, None, USUAL) is None
    assert beyond(LEAK, 1.0, None) is None
    assert beyond(LOW, 10.0, Expectation(100, 2, 4)) is True
    assert beyond(LOW, 90.0, Expectation(100, 2, 4)) is False


@pytest.mark.parametrize(
    ("newest", "earlier", "verdict"),
    [
        (True, [True, True], Verdict.TRUE),
        (True, [True, True, False], Verdict.TRUE),
        (True, [True, False], Verdict.BETWEEN),
        (True, [True, None], Verdict.BETWEEN),
        (True, [True], Verdict.BETWEEN),
        (False, [True, True], Verdict.FALSE),
        (None, [True, True], Verdict.UNKNOWN),
    ],
)
def test_several_in_a_row(
    newest: bool | None, earlier: Sequence[bool | None], verdict: Verdict
) -> None:
    judged = Judged(KEY, 0, 100, 1.0, USUAL, newest)
    found = finding(ROW, judged, earlier)
    assert (found.verdict, found.at, found.amount) == (verdict, 100, 1.0)


def test_judgements_are_kept_with_their_figures() -> None:
    engine = make_engine("sqlite://")
    metadata.create_all(engine, tables=[spans])
    with engine.begin() as connection:
        keep(connection, [Judged(KEY, 0, 100, 1.0, USUAL, True)])
        keep(connection, [Judged(KEY, 0, 100, None, None, None)])
        keep(connection, [Judged(KEY, 100, 200, 0.5, USUAL, False)])
        assert kept(connection, KEY.rule, 0) == {KEY: {0: None, 100: False}}
        row = connection.execute(sa.select(spans).order_by(spans.c.start_ms.desc())).first()
        assert row is not None
        assert (row.amount, row.expected, row.learnt_from, row.confidence) == (
            0.5, 0.1, 20, "good",
        )  # fmt: skip
        forget(connection, 150)
        assert kept(connection, KEY.rule, 0) == {KEY: {100: False}}
    engine.dispose()


@pytest.mark.parametrize(
    "wrong",
    [{"of": "baseline"}, {"of": "baseline", "above": 2, "below": 1},
     {"of": "baseline", "above": 2, "hours": [4, 4]}, {"of": "moon", "above": 2}],
)  # fmt: skip
def test_a_deviation_is_whole(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Deviation.model_validate(wrong)
