"""The table of all settings for `docs/configuration.md`; `python -m sitewatch.settings_table`."""

import inspect
import re
from collections.abc import Iterator

from pydantic import BaseModel, SecretStr

from sitewatch.settings import Settings


def _texts(model: type[BaseModel]) -> dict[str, str]:
    """The docstring below each field."""
    found = re.findall(
        r'^    (\w+):[^\n]*\n    """(.*?)"""', inspect.getsource(model), re.MULTILINE | re.DOTALL
    )
    return {name: " ".join(text.split()) for name, text in found}


def rows() -> Iterator[tuple[str, str, str]]:
    """Environment variable, default, meaning; one row a setting."""
    for section, field in Settings.model_fields.items():
        default = field.default
        if not isinstance(default, BaseModel):
            yield f"SITEWATCH_{section.upper()}", "", _texts(Settings).get(section, "")
            continue
        texts = _texts(type(default))
        for key in type(default).model_fields:
            value = getattr(default, key)
            shown = "" if value is None or isinstance(value, SecretStr) else f"`{value}`"
            yield f"SITEWATCH_{section.upper()}__{key.upper()}", shown, texts.get(key, "")


def table() -> str:
    """The Markdown table."""
    lines = ["| environment variable | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {text} |" for name, default, text in rows()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
