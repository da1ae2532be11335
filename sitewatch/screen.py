"""The terminal: results on standard output, faults on standard error, nothing else."""

import sys

from rich.console import Console

_WIDE = 160
"""Characters of a line where the output is a file or a pipe, which have no edge."""

out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def counted(number: int, what: str) -> str:
    """`1 block`, `2 blocks`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def say(text: str) -> None:
    """Print one line at once, also where the output is a file or a pipe."""
    out.print(text, highlight=False, markup=False)
    out.file.flush()
