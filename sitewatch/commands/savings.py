"""`sitewatch savings`: what a measure saved, of a file with energy and temperature."""

import datetime as dt
import json
import math
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analysis.energy_file import EnergyFileError, by_step, read_energy
from analysis.energy_model import EnergyModel, Observation
from analysis.savings import Savings, doubts, fit_model
from analysis.savings import savings as saved
from device_configs.holidays import load_holidays
from sitewatch.errors import SitewatchError
from sitewatch.screen import out


class Step(StrEnum):
    """How finely the building is modelled."""

    DAY = "day"
    HOUR = "hour"


def savings(
    file: Annotated[Path, typer.Argument(help="CSV with time, kWh and temperature")],
    baseline: Annotated[str, typer.Option(help="first..last day of the baseline")],
    reporting: Annotated[str, typer.Option(help="first..last day after the measure")],
    step: Annotated[Step, typer.Option(help="daily or hourly model")] = Step.DAY,
    fahrenheit: Annotated[bool, typer.Option(help="temperatures are in degF")] = False,
    adjustment: Annotated[
        float, typer.Option(help="non-routine adjustment of the baseline, kWh in all")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Fit a baseline and say what was saved, with its 90 % interval."""
    try:
        rows = read_energy(file.read_text(encoding="utf-8-sig"), fahrenheit=fahrenheit)
    except OSError as error:
        raise SitewatchError(f"{file} cannot be read: {error.strerror}") from error
    except (EnergyFileError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    every = by_step(rows, step.value, load_holidays().is_rest)
    before = _between(every, baseline, "--baseline")
    after = _between(every, reporting, "--reporting")
    model = fit_model(before, step.value)
    if model is None:
        raise SitewatchError(
            f"{file}: {sum(one.known for one in before)} steps of the baseline are known, "
            "too few for a model"
        )
    found = saved(model, after, adjustment)
    if not found.steps:
        raise SitewatchError(f"{file}: nothing is known of the reporting period")
    share = sum(one.known for one in before) / len(before)
    days = len({one.start.date() for one in before})
    said = doubts(model, days, share, step.value)
    if as_json:
        typer.echo(json.dumps(_as_json(model, found, said), indent=2))
    else:
        _print(model, found, said)


def _between(every: list[Observation], text: str, option: str) -> list[Observation]:
    first, mark, last = text.partition("..")
    try:
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {text!r} is not like 2025-01-01..2025-12-31") from error
    if not mark or begin > end:
        raise typer.BadParameter(f"{option} {text!r} ends before it begins")
    found = [one for one in every if begin <= one.start.date() <= end]
    if not found:
        raise typer.BadParameter(f"{option} {text!r}: the file has no row of these days")
    return found


def _as_json(model: EnergyModel, found: Savings, said: list[str]) -> dict[str, object]:
    rate = found.rate
    return {
        "model": model.name,
        "goodness": asdict(model.goodness),
        "adjusted_kwh": found.adjusted,
        "used_kwh": found.used,
        "saved_kwh": found.saved,
        "half_width_kwh": found.half_width if math.isfinite(found.half_width) else None,
        "confidence": 0.90,
        "rate": rate,
        "sure": found.sure,
        "steps": found.steps,
        "outside": found.outside,
        "doubts": said,
        "verified": False,
    }


def _print(model: EnergyModel, found: Savings, said: list[str]) -> None:
    good = model.goodness
    table = Table(show_header=False)
    rate = "unknown" if found.rate is None else f"{found.rate:.2%}"
    for name, text in (
        ("model", model.name),
        ("fit", f"R2 {good.r2:.3f}, CV(RMSE) {good.cv_rmse:.1%}, NMBE {good.nmbe:+.2%}, "
                f"residuals follow each other by {good.correlation:.2f}"),
        ("adjusted baseline", f"{found.adjusted:,.0f} kWh in {found.steps} steps"),
        ("used", f"{found.used:,.0f} kWh"),
        ("saved", f"{found.saved:,.0f} kWh +- {found.half_width:,.0f} (90 %), {rate}"),
        ("sure", "yes" if found.sure else "no: within the uncertainty"),
        ("outside", f"{found.outside} steps beyond the temperatures of the baseline"),
        ("doubts", ", ".join(said) or "none"),
    ):  # fmt: skip
        table.add_row(name, text)
    out.print(table)
    out.print("Unverified: not for publication as a saving.", highlight=False)
