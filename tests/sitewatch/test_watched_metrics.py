from alerts.judge import JudgeHealth
from ingest.intake import IntakeStatistics
from sitewatch.metrics import metric_table
from sitewatch.watched_metrics import of_intake, of_judge


def test_an_engine_that_has_judged_nothing_has_no_lag() -> None:
    names = {name for name, _, _ in of_judge(JudgeHealth(), 5_000)}
    assert "sitewatch_judge_lag_seconds" not in names
    late = JudgeHealth(judged_until=2_000)
    assert ("sitewatch_judge_lag_seconds", (), 3.0) in list(of_judge(late, 5_000))
    assert ("sitewatch_judge_lag_seconds", (), 0.0) in list(of_judge(late, 1_000))


def test_every_value_has_its_entry_in_the_table() -> None:
    names = {name for metrics in metric_table().values() for name in metrics}
    values = [*of_judge(JudgeHealth(), 0), *of_intake(IntakeStatistics(1, 2, 3, None))]
    assert {name for name, _, _ in values} <= names
