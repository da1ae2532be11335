"""Samples as columns, the form in which DuckDB takes many rows at once."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from collectors.sample import Sample

MISSING, NUMBER, BOOL, TEXT = range(4)
"""What a row of the table holds, as its column `type`."""

Arrays = dict[str, npt.NDArray[np.generic]]


class Columns:
    """The rows of one write, as columns."""

    def __init__(self) -> None:
        self.series: list[int] = []
        self.t: list[int] = []
        self.lag: list[int] = []
        self.own_clock: list[bool] = []
        self.type: list[int] = []
        self.number: list[float] = []
        self.text: dict[int, str] = {}
        self.reason: dict[int, str] = {}

    def add(self, sample: Sample, series: Mapping[str, int]) -> None:
        """Add one row a point; `series` gives the number of each point's series."""
        t, own_clock, reasons = sample.at, sample.source_at is not None, sample.reasons
        lag = sample.received_at - t
        for point, value in sample.values.items():
            row = len(self.t)
            kind, number = NUMBER, 0.0
            if isinstance(value, bool):
                kind, number = BOOL, float(value)
            elif isinstance(value, float | int):
                number = float(value)
            elif value is None:
                kind = MISSING
            else:
                kind, self.text[row] = TEXT, value
            if reasons and point in reasons:
                self.reason[row] = str(reasons[point])
            self.series.append(series[point])
            self.t.append(t)
            self.lag.append(lag)
            self.own_clock.append(own_clock)
            self.type.append(kind)
            self.number.append(number)

    def arrays(self) -> Arrays:
        """The columns by name."""
        return {
            "series": np.array(self.series, dtype=np.int32),
            "t": np.array(self.t, dtype=np.int64),
            "lag": np.array(self.lag, dtype=np.int64),
            "own_clock": np.array(self.own_clock, dtype=np.bool_),
            "type": np.array(self.type, dtype=np.uint8),
            "number": np.array(self.number, dtype=np.float64),
            "text": self._objects(self.text),
            "reason": self._objects(self.reason),
        }

    def _objects(self, sparse: dict[int, str]) -> npt.NDArray[np.generic]:
        column = np.full(len(self.t), None, dtype=np.object_)
        for row, text in sparse.items():
            column[row] = text
        return column
