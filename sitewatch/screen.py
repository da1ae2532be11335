"""The terminal: results on standard output, faults on standard error, nothing else."""

from rich.console import Console

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def say(text: str) -> None:
    """Print one line at once, also where the output is a file or a pipe."""
    out.print(text, highlight=False, markup=False)
    out.file.flush()
