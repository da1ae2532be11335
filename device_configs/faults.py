"""What is wrong with a configuration file, all of it at once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from device_configs.settings_names import settings_at
from device_configs.suggest import did_you_mean

Path_ = tuple[str | int, ...]


class DeviceConfigsError(Exception):
    """Root of the errors of this package."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: where, and in one sentence what."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class InvalidConfigError(DeviceConfigsError):
    """One or more files are invalid; `faults` holds every one of them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def dotted(path: Path_) -> str:
    """Write a path into a document as a person would: `points.voltage_l1.unit`, `[2].place`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def line_of(lines: Mapping[Path_, int], path: Path_) -> int:
    """Find the line of a path, or of its nearest ancestor that stands in the file."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


def from_validation(
    error: ValidationError,
    file: Path,
    lines: Mapping[Path_, int],
    prefix: Path_ = (),
    *,
    model: type[BaseModel] | None = None,
    also: Iterable[str] = (),
) -> list[Fault]:
    """Turn pydantic's findings into faults with the line they stand on.

    Args:
        error: What pydantic found.
        file: The file the data came from.
        lines: Path to the line it stands on.
        prefix: Where in the file the data stood.
        model: What the data was checked against; a misspelt setting gets a suggestion from it.
        also: Further settings that are right beside those of the model.
    """
    faults = []
    for finding in error.errors(include_url=False):
        where = tuple(finding["loc"])
        message = finding["msg"].removeprefix("Value error, ")
        if finding["type"] == "extra_forbidden":
            known = settings_at(model, where[:-1]) if model is not None else frozenset[str]()
            hint = did_you_mean(where[-1], known | (set(also) if len(where) == 1 else set()))
            message = f"there is no setting {str(where[-1])!r} here{hint}"
        elif finding["type"] == "missing":
            message = f"{str(where[-1])!r} is missing"
        elif finding["type"] in {"enum", "literal_error"}:
            expected = str(finding.get("ctx", {}).get("expected", ""))
            hint = did_you_mean(finding["input"], re.findall(r"'([^']*)'", expected))
            message = f"{finding['input']!r} is not one of {expected}{hint}"
        path = prefix + where
        faults.append(Fault(str(file), line_of(lines, path), dotted(path), message))
    return faults
