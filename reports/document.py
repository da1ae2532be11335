"""A report as a value: sections of sheets and charts, each figure with what is behind it.

A maker (`reports.makers`) turns the data of the estate into a `Report`; the renderers turn a
`Report` into JSON, CSV, a terminal's table, XLSX, PDF or a page, and decide nothing. Figures stay
in the stored unit and exact; `reports.forms` says how each is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from device_configs.quantities import Label
from reports.forms import Form
from reports.periods import Period

Figure = int | float | Decimal | Fraction
"""A number in the stored unit of its column's form."""
Cell = Figure | str | Label | None
"""What stands in a table; None is unknown, which is not 0."""


@dataclass(frozen=True)
class Shares:
    """How much of a row's data is not measured, each 0 to 1."""

    missing: float = 0.0
    """Of the time until now for which nothing is known."""
    recovered: float = 0.0
    """Of the amount whose total is exact and whose time was bridged."""
    estimated: float = 0.0
    """Of the amount that was made of power or by a stated estimate."""


class Weight(StrEnum):
    """How a row stands among the others."""

    NORMAL = "normal"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    MEMO = "memo"
    """Beside the sum, not in it."""


@dataclass(frozen=True)
class Column:
    """A column; its heading is `columns.<key>` of the report's catalogue."""

    key: str
    form: Form


@dataclass(frozen=True)
class Row:
    """A line of a sheet."""

    cells: Sequence[Cell]
    """One for each column."""
    shares: Shares | None = None
    """None where the row is not made of measurements."""
    sources: Sequence[str] = ()
    """Ids of the report's sources that its figures come from."""
    weight: Weight = Weight.NORMAL
    depth: int = 0
    """How far the row stands below another; 0 at the top."""


@dataclass(frozen=True)
class Note:
    """A sentence that a reader must know: `notes.<key>` of the catalogue, with its values."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A table; its title is `sheets.<key>` of the catalogue."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[Note] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"sheet {self.key}: a row of {len(row.cells)} cells, "
                    f"{len(self.columns)} columns"
                )


class ChartKind(StrEnum):
    """How a sheet is drawn."""

    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    """Bars on top of each other."""


@dataclass(frozen=True)
class Chart:
    """A picture of a sheet's rows of normal weight; titled `sheets.<sheet>`."""

    kind: ChartKind
    sheet: str
    x: str
    """Key of the column along the axis."""
    series: Sequence[str]
    """Keys of the columns that are drawn, all of one form."""


class SourceKind(StrEnum):
    """What a figure can come from."""

    METER = "meter"
    FACTOR = "factor"
    TARIFF = "tariff"
    ESTATE = "estate"
    QUOTA = "quota"
    RULE = "rule"
    ALARMS = "alarms"
    WEATHER = "weather"
    PERSON = "person"
    """Entered by a person, whose name and day stand in the detail."""


@dataclass(frozen=True)
class Source:
    """Something that figures come from, precise enough to find it again."""

    id: str
    kind: SourceKind
    name: Label
    detail: str = ""
    """Document and clause, device and point, or formula; as it is in its file."""
    version: str = ""
    """`valid from` of a factor or tariff, revision of the estate."""
    confidence: str = ""
    """As the file says: V, 1, M, P, or a `verified` word."""


@dataclass(frozen=True)
class Report:
    """One report of one site and period."""

    kind: str
    """The maker's name; the catalogue is `reports/text/<kind>.yaml`."""
    site: str
    site_name: Label
    period: Period
    timezone: str
    revision: str
    """The revision of the estate that it was made with."""
    made_at_ms: int
    """Until when data was taken. [ms, UTC]"""
    sheets: Sequence[Sheet]
    charts: Sequence[Chart] = ()
    notes: Sequence[Note] = ()
    sources: Sequence[Source] = ()

    def __post_init__(self) -> None:
        known = {one.id for one in self.sources}
        if len(known) != len(self.sources):
            raise ValueError(f"report {self.kind}: a source stands twice")
        for sheet in self.sheets:
            for row in sheet.rows:
                if unknown := set(row.sources) - known:
                    raise ValueError(f"report {self.kind}, sheet {sheet.key}: {unknown} unnamed")
        for chart in self.charts:
            columns = {column.key for column in self.sheet(chart.sheet).columns}
            if missing := {chart.x, *chart.series} - columns:
                raise ValueError(f"report {self.kind}: a chart draws {missing}, no column")

    def sheet(self, key: str) -> Sheet:
        """A sheet by its key.

        Raises:
            KeyError: there is no such sheet.
        """
        for one in self.sheets:
            if one.key == key:
                return one
        raise KeyError(key)
