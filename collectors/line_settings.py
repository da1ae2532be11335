"""The settings of a line, checked; each fault is one sentence without a secret in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from collectors.driver import CollectorsError

_Model = TypeVar("_Model", bound=BaseModel)


def checked(
    model: type[_Model],
    section: str,
    given: Mapping[str, object],
    fault: type[CollectorsError],
) -> _Model:
    """Settings of a section as their model has them.

    Raises:
        CollectorsError: as `fault`, with the first thing that is wrong.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join((section, *(str(step) for step in found["loc"])))
        message = found["msg"].removeprefix("Value error, ")
        raise fault(f"setting {where}: {message}") from error


def text_of(file: Path, setting: str, fault: type[CollectorsError]) -> str:
    """The text of a file that a setting names.

    Raises:
        CollectorsError: as `fault`, it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise fault(f"setting {setting}: {file}: {why}") from error


def bad_file(
    setting: str, file: Path | None, error: OSError, fault: type[CollectorsError]
) -> CollectorsError:
    """What to raise where a library refuses a file that a setting names."""
    why = error.strerror or error.args[-1] if error.args else "cannot be read"
    return fault(f"setting {setting}: {file}: {why}")
