"""The columns of work orders by team in the safety report, the same in every rendering."""

from collections.abc import Iterator

from alerts.order_statistics import Kept, Load, Took
from reports.quality_columns import share
from reports.safety import SafetyReportData
from reports.texts import Language, in_language, texts

COLUMNS = (
    "team", "orders_made", "orders_open", "orders_late", "orders_reopened", "order_to_accept",
    "order_to_arrive", "order_to_finish", "order_to_verify", "kept_accept", "kept_arrive",
    "kept_finish",
)  # fmt: skip
"""Keys of `columns` in `text.yaml`, in the order of `order_rows`."""


def order_headings(language: Language) -> list[str]:
    """The columns in words."""
    return [in_language(texts().columns[key], language) for key in COLUMNS]


def order_rows(report: SafetyReportData, language: Language, unknown: str) -> Iterator[list[str]]:
    """A row for each team, those without a team, and all; none where no order was made."""
    words = texts().words
    for team, load in sorted(report.orders.teams.items(), key=lambda one: one[0] or "~"):
        name = report.teams.get(team or "", {}).get(language, team)
        yield _cells(name or in_language(words["no_team"], language), load, unknown)
    if report.orders.total.orders:
        yield _cells(in_language(words["total"], language), report.orders.total, unknown)


def _cells(name: str, load: Load, unknown: str) -> list[str]:
    return [
        name,
        str(load.orders),
        str(load.open),
        str(load.late),
        str(load.reopened),
        *(_minutes(took, unknown) for took in (load.to_accept, load.to_arrive)),
        *(_minutes(took, unknown) for took in (load.to_finish, load.to_verify)),
        *(_kept(one, unknown) for one in (load.kept_accept, load.kept_arrive, load.kept_finish)),
    ]


def _minutes(took: Took, unknown: str) -> str:
    return unknown if took.mean is None else f"{took.mean / 60:.1f}"


def _kept(kept: Kept, unknown: str) -> str:
    return share(kept.in_time / kept.agreed) if kept.agreed else unknown
