"""`sitewatch audit`: the evidence, held against its own seals and against what was kept elsewhere.

The audit chain says what people did, the alarm chain what happened to every alarm, the chain of
orders what was done to every work order.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from alerts import evidence, order_evidence
from alerts.alarm import iso
from records import audit
from records.chain import Head, Verdict
from records.engine import reading
from sitewatch.commands.users import ConfigOption, DataOption, JsonOption, records
from sitewatch.errors import SitewatchError
from sitewatch.screen import out

audit_app = typer.Typer(help="The evidence: who did what, and what happened.", no_args_is_help=True)

_SHOWN = 20
"""Faults that are told one by one."""


class Chain(StrEnum):
    """The chains there are."""

    AUDIT = "audit"
    ALARMS = "alarms"
    ORDERS = "orders"


_VERIFY: dict[Chain, Callable[[sa.Connection, Head | None], Verdict]] = {
    Chain.AUDIT: audit.verify,
    Chain.ALARMS: evidence.verify,
    Chain.ORDERS: order_evidence.verify,
}
_HEADS: dict[Chain, Callable[[sa.Connection], Head]] = {
    Chain.AUDIT: audit.head,
    Chain.ALARMS: evidence.head,
    Chain.ORDERS: order_evidence.head,
}
_EXPORTED: dict[Chain, Callable[[sa.Connection, int, int], Iterator[dict[str, object]]]] = {
    Chain.ALARMS: evidence.exported,
    Chain.ORDERS: order_evidence.exported,
}

KeptOption = Annotated[
    list[str] | None,
    typer.Option(help="a head kept earlier, as `audit head` prints it; may be given again"),
]


FromOption = Annotated[dt.datetime | None, typer.Option("--from", help="by this machine's zone")]
ToOption = Annotated[dt.datetime | None, typer.Option("--to", help="not included")]


@audit_app.command("head")
def head(config: ConfigOption = None, data: DataOption = None) -> None:
    """Print the end of each chain, to be kept where nobody who can change this machine comes."""
    with records(config, data) as engine, reading(engine) as connection:
        for chain, of in _HEADS.items():
            typer.echo(f"{chain.value}={of(connection)}")


@audit_app.command("verify")
def verify(
    kept: KeptOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read every chain from its first row on; exit code 1 when one is broken."""
    heads = _kept(kept or [])
    with records(config, data) as engine, reading(engine) as connection:
        found = {chain: of(connection, heads.get(chain)) for chain, of in _VERIFY.items()}
    if as_json:
        typer.echo(json.dumps({chain.value: _plain(one) for chain, one in found.items()}))
    else:
        for chain, one in found.items():
            out.print(f"{chain.value}: {one.rows} rows, {_word(one)}, head {one.head}")
            for fault in one.faults[:_SHOWN]:
                out.print(f"  {fault}")
    if not all(one.whole for one in found.values()):
        raise typer.Exit(1)


def _word(verdict: Verdict) -> str:
    return "whole" if verdict.whole else f"BROKEN in {len(verdict.faults)} places"


def _plain(verdict: Verdict) -> dict[str, object]:
    return {
        "whole": verdict.whole, "rows": verdict.rows, "head": str(verdict.head),
        "faults": list(verdict.faults),
    }  # fmt: skip


def _kept(given: list[str]) -> dict[Chain, Head]:
    """Heads as `CHAIN=NUMBER:HASH`."""
    found = {}
    for text in given:
        name, _, rest = text.partition("=")
        number, _, sealed = rest.partition(":")
        if name not in set(Chain) or not number.isdecimal() or len(sealed) != len(Head().hash):
            raise typer.BadParameter(f"{text!r} is no head as `sitewatch audit head` prints it")
        found[Chain(name)] = Head(int(number), sealed)
    return found


@audit_app.command("export")
def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="a file of JSON lines")],
    chain: Annotated[Chain, typer.Option(help="alarms, or orders: work orders")] = Chain.ALARMS,
    start: FromOption = None,
    end: ToOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write what happened, one event a line, with what it is about and its seals."""
    exported = _EXPORTED.get(chain)
    if exported is None:
        raise typer.BadParameter("the audit chain is read with GET /api/v1/audit")
    first = 0 if start is None else round(start.timestamp() * 1000)
    last = 2**62 if end is None else round(end.timestamp() * 1000)
    count = 0
    try:
        with (
            records(config, data) as engine,
            reading(engine) as connection,
            output.open("w", encoding="utf-8") as file,
        ):
            for event in exported(connection, first, last):
                told = event | {"time": iso(int(str(event["at"])))}
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        raise SitewatchError(f"{output} cannot be written: {error.strerror}") from error
    out.print(f"{count} events in {output}")
