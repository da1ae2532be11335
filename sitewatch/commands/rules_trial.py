"""`sitewatch rules test`: a folder's rules against the history that a service has stored."""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table

from alerts.activity import Activity, Difference, difference, tallies
from alerts.alarm import iso
from alerts.condition_text import seconds_text
from alerts.deviations import Finding, MemoryBook
from alerts.rehearsal import Look, Span, Stage, gaps, make_stage, real, rehearse, untold
from device_configs.suggest import did_you_mean
from ingest.clock import wall_clock_ms
from ingest.quality_tables import read_runs
from ingest.stores.exchange import samples_by_arrival
from records.engine import reading
from sitewatch.commands.export import moment
from sitewatch.commands.users import records
from sitewatch.errors import InvalidInputError, SitewatchError
from sitewatch.estate_folder import EstateFolder, load_folder
from sitewatch.expectations import Expectations, Scene
from sitewatch.screen import out, say
from sitewatch.work import have_done, progress

_UNITS_S = {"min": 60, "h": 3600, "d": 86_400}
_WARM_UP_MS = 86_400_000
_SHOWN = 20

SinceOption = Annotated[str, typer.Option("--since", help="7d, 12h, 90min, or a moment")]
UntilOption = Annotated[str | None, typer.Option("--until", help="a moment; now if not given")]
EstateOption = Annotated[Path, typer.Option("--estate", help="the folder whose rules are tried")]
DataOption = Annotated[Path | None, typer.Option("--data", help="the service's data folder")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="settings as TOML")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="this rule only")]
SiteOption = Annotated[str | None, typer.Option("--site", help="a site with all below it")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines; names every alarm")]


@dataclass(frozen=True)
class Outcome:
    """What the rules would have come to."""

    span: Span
    would: Sequence[Activity]
    found: Difference
    samples: int
    blind: Sequence[Span]
    not_tested: Sequence[str]


def trial(
    since: SinceOption,
    estate: EstateOption,
    until: UntilOption = None,
    data: DataOption = None,
    rule: RuleOption = None,
    site: SiteOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a folder's rules would have raised, and what of it differs from what was raised."""
    span = span_of(since, until, wall_clock_ms())
    loaded = load_folder(estate)
    if site is not None and site not in loaded.estate.sites:
        raise InvalidInputError(f"there is no site {site!r} in {estate}")
    if rule is not None and rule not in loaded.rules.rules:
        hint = did_you_mean(rule, loaded.rules.rules)
        raise InvalidInputError(f"there is no rule {rule!r}{hint}")
    outcome = _outcome(loaded, span, data, rule, site, config)
    if as_json:
        typer.echo(json.dumps(_document(outcome), ensure_ascii=False, indent=2))
    else:
        _print(outcome)


def span_of(since: str, until: str | None, now: int) -> Span:
    """From when to when [ms, UTC]: `7d` is before the end.

    Raises:
        InvalidInputError: it is no time, or ends before it begins.
    """
    end = now if until is None else moment(until)
    match = re.fullmatch(r"(\d+)(min|h|d)", since)
    if match is None:
        start = moment(since)
    else:
        start = end - int(match.group(1)) * _UNITS_S[match.group(2)] * 1000
    if start >= end:
        raise InvalidInputError(f"--since {since} is not before the end")
    return start, end


def _outcome(
    loaded: EstateFolder,
    span: Span,
    data: Path | None,
    rule: str | None,
    site: str | None,
    config: Path | None,
) -> Outcome:
    stage = make_stage(loaded.estate, loaded.rules, rule, site)
    with records(config, data) as engine, tempfile.TemporaryDirectory() as folder:
        with reading(engine) as connection:
            blind = gaps(read_runs(connection))
        file = Path(folder) / "history.parquet"
        request = {
            "command": "export", "file": str(file), "form": "parquet",
            "start": span[0] - _WARM_UP_MS, "end": span[1], "site": site,
        }  # fmt: skip
        have_done(request, "read", data, loaded.folder, config)
        with progress("judge") as report:
            would, samples = rehearse(
                stage, samples_by_arrival(file), span, _WARM_UP_MS, blind,
                lambda done: report(done, 0), _look(engine, loaded, stage),
            )  # fmt: skip
        found = difference(would, real(engine, stage, span))
    if samples == 0:
        raise SitewatchError("the store has nothing of that time; give another --since or --data")
    inside = [
        (max(start, span[0]), min(end, span[1]))
        for start, end in blind
        if end > span[0] and start < span[1]
    ]
    names = sorted(untold(loaded.rules) & ({rule} if rule else set(loaded.rules.rules)))
    return Outcome(span, would, found, samples, inside, names)


def _look(engine: sa.Engine, loaded: EstateFolder, stage: Stage) -> Look:
    """Expectations from the intervals in SQL, in a book that is thrown away."""
    # The whole estate: peers of a site's inverters may stand at another one of its community.
    scene = Scene(loaded.estate, stage.rules, loaded.holidays)
    stages = Expectations(engine, None, lambda: scene, lambda _: None, wall_clock_ms, MemoryBook())

    def look(moment_ms: int) -> Sequence[Finding]:
        return [one for one in stages.look(moment_ms) if stage.has(one.key.device)]

    return look


def _activity(one: Activity) -> Mapping[str, object]:
    return {
        "rule": one.key.rule,
        "device": one.key.device,
        "point": one.key.point,
        "start": iso(one.start),
        "end": iso(one.end),
    }


def _document(outcome: Outcome) -> Mapping[str, object]:
    found = outcome.found
    return {
        "since": iso(outcome.span[0]),
        "until": iso(outcome.span[1]),
        "samples": outcome.samples,
        "blind": [[iso(start), iso(end)] for start, end in outcome.blind],
        "not_tested": list(outcome.not_tested),
        "rules": [asdict(one) for one in tallies(outcome.would, found, outcome.span[1])],
        "same": [_activity(one) for one in found.same],
        "new": [_activity(one) for one in found.new],
        "no_longer": [_activity(one) for one in found.no_longer],
    }


def _print(outcome: Outcome) -> None:
    columns = ("rule", "raised", "devices", "still", "active", "longest", "same", "new",
               "no longer")  # fmt: skip
    table = Table(*columns)
    for one in tallies(outcome.would, outcome.found, outcome.span[1]):
        table.add_row(
            one.rule, str(one.raised), str(one.devices), str(one.still), _long(one.active_ms),
            _long(one.longest_ms), str(one.same), str(one.new), str(one.no_longer),
        )  # fmt: skip
    out.print(table)
    _print_some("new", outcome.found.new)
    _print_some("no longer", outcome.found.no_longer)
    for start, end in outcome.blind:
        say(f"silence not judged, no service ran: {_local(start)} to {_local(end)}")
    if outcome.not_tested:
        say(f"not tested, for history does not judge it: {', '.join(outcome.not_tested)}")
    start, end = outcome.span
    say(f"{outcome.samples} samples, {_local(start)} to {_local(end)}: "
        f"{len(outcome.found.same)} same, {len(outcome.found.new)} new, "
        f"{len(outcome.found.no_longer)} no longer")  # fmt: skip


def _print_some(title: str, found: Iterable[Activity]) -> None:
    every = sorted(found, key=lambda one: one.start)
    for one in every[:_SHOWN]:
        end = "still active" if one.end is None else f"to {_local(one.end)}"
        point = f" {one.key.point}" if one.key.point else ""
        say(f"{title}: {one.key.rule} {one.key.device}{point}  {_local(one.start)} {end}")
    if len(every) > _SHOWN:
        say(f"{title}: and {len(every) - _SHOWN} more; --json names them all")


def _long(milliseconds: int) -> str:
    return seconds_text(milliseconds // 1000 * 1000)


def _local(moment_ms: int) -> str:
    return dt.datetime.fromtimestamp(moment_ms / 1000).astimezone().isoformat(" ", "seconds")
