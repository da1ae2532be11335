"""`sitewatch doctor`: what is wrong with an installation, and what to do about it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sitewatch.data_folder import DataFolder
from sitewatch.doctor.finding import Finding, Verdict, is_sound
from sitewatch.screen import counted, out
from sitewatch.settings import load_settings

_MARKS = {Verdict.GOOD: "good", Verdict.NOTE: "note", Verdict.UNKNOWN: "?", Verdict.WRONG: "WRONG"}


def doctor(
    estate: Annotated[Path | None, typer.Option("--estate", help="the estate folder")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="settings as TOML")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="the data folder")] = None,
    port: Annotated[int | None, typer.Option("--port", help="port of the page")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Look for what is wrong with this installation; changes nothing, also while it runs."""
    # Imported here, so that the small commands do not wait for the databases.
    from sitewatch.doctor.examination import Installation, examine

    settings = load_settings(config)
    folder = DataFolder(data or settings.service.data)
    findings: list[Finding] = []
    for one in examine(Installation(settings, config, folder, estate, port)):
        findings.append(one)
        if not as_json:
            _show(one)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    else:
        faults = sum(one.verdict is Verdict.WRONG for one in findings)
        out.print("nothing is wrong" if not faults else counted(faults, "fault"))
    if not is_sound(findings):
        raise typer.Exit(1)


def _show(one: Finding) -> None:
    out.print(f"{_MARKS[one.verdict]:5}  {one.what}: {one.said}", markup=False, highlight=False)
    if one.remedy is not None:
        out.print(f"       -> {one.remedy}", markup=False, highlight=False)
