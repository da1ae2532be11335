"""Sets the pages of a report with typst: JSON in, PDF out.

Run as a script it reads standard input and writes standard output, so that a service can do it in
a process of its own, which can be ended; it imports nothing of sitewatch, to start at once.
"""

import os
import sys
from pathlib import Path

import manimgx_fonts_cjk
import typst

TEMPLATE = Path(__file__).with_name("report.typ")
FONTS = Path(manimgx_fonts_cjk.__file__).parent
_NICENESS = 3
"""Nobody waits for pages as one waits for an alarm; yet on a machine full of work they are set."""


def pdf_of(pages: str) -> bytes:
    """The PDF of what `reports.render_pdf.pages_of` gave; typst's own errors come through."""
    return typst.compile(
        str(TEMPLATE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": pages},
    )


def main() -> None:
    """Standard input to standard output; exit code 1 with a sentence where it cannot be done."""
    os.nice(_NICENESS)
    try:
        content = pdf_of(sys.stdin.buffer.read().decode())
    except (typst.TypstError, RuntimeError, OSError) as error:
        sys.exit(str(error).splitlines()[0])
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
