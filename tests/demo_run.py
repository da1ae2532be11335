"""The demo with every incident of the simulator, as a person at the page and the phones sees it.

`python -m tests.demo_run [INCIDENT ...]` starts `sitewatch demo`, gives it people, routes and
providers on loopback, makes each incident happen, watches the page in Chromium, and, when all
happened, writes `docs/demo_incidents.md`. Pictures of the page are left in `test-artifacts`.
"""

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

from collectors.simulator.control import ask
from tests.acceptance.phones import Phones, Telling, phones
from tests.acceptance.player import HOUSE
from tests.e2e.service import PASSWORD, Service, command, eventually, started
from tests.tree import ROOT
from tests.ui.browser import chromium, open_context, shoot, sign_in

REPORT = ROOT / "docs" / "demo_incidents.md"
NOON = "2026-07-15T12:00:00+08:00"
SEEN_WITHIN_S = 100.0
AFTER_S = 4.0
"""How long messages may come after the last alarm that is waited for. [s]"""


@dataclass(frozen=True)
class Case:
    """An incident, and what must follow."""

    incident: str
    device: str
    raises: tuple[str, ...]
    """Rule and device of each alarm that must be raised."""
    tells: tuple[str, ...]
    """Who must be told, and by what."""
    part: str | None = None
    stays_s: float = 0.0
    """How long nobody acts, so that the next step is seen. [s]"""


DESK = ("wang aliyun_voice", "wang aliyun_sms", "group wecom")
CASES = (
    Case(
        "smoke", "centre-panel",
        ("smoke_detector_fire centre-panel/p017", "fire_panel_fire centre-panel"),
        (*DESK, "li aliyun_voice", "li aliyun_sms"), part="p017", stays_s=75.0,
    ),
    Case(
        "fire-drill", "k01-panel",
        ("smoke_detector_fire k01-panel/p001", "fire_test_unannounced k01-panel"),
        ("wang webhook", "group wecom"),
    ),
    Case(
        "entrapment", "centre-lift-3",
        ("elevator_entrapment centre-lift-3", "elevator_call_for_help centre-lift-3"),
        ("wang aliyun_sms", "group wecom"),
    ),
    Case("silent", "k02-panel", ("monitoring_lost k02-panel",), ("group wecom",)),
    Case("pv-string-loss", "centre-pv-2", ("pv_inverter_fault_bit centre-pv-2",), ("group wecom",)),
    Case("water-leak", "centre-leak-1", ("water_leak centre-leak-1",), ("group wecom",)),
    Case(
        "residual-current", "centre-residual-1", ("residual_current_high centre-residual-1",),
        ("group wecom",),
    ),
    Case("pile-fault", "centre-pile-03", ("pile_fault_state centre-pile-03",), ()),
    Case(
        "gas-leak", "centre-gas-detector-1", ("gas_alarm centre-gas-detector-1",),
        ("wang aliyun_sms", "group wecom"),
    ),
)  # fmt: skip


@dataclass
class Seen:
    """What followed an incident; seconds since it began."""

    case: Case
    alarms: list[tuple[float, Mapping[str, Any]]] = field(default_factory=list)
    on_page: dict[str, float] = field(default_factory=dict)
    """Rule and device to when its row was on the page."""
    told: list[tuple[float, Telling]] = field(default_factory=list)

    def missing(self) -> list[str]:
        """What should have followed and did not."""
        raised = {name_of(one) for _, one in self.alarms}
        told = {f"{one.who} {one.by}" for _, one in self.told}
        wanted = [f"alarm {one}" for one in self.case.raises if one not in raised]
        wanted += [f"on the page {one}" for one in self.case.raises if one not in self.on_page]
        return wanted + [f"told {one}" for one in self.case.tells if one not in told]


def now_ms() -> float:
    """The wall clock. [ms, UTC]"""
    return time.time() * 1000


def name_of(alarm: Mapping[str, Any]) -> str:
    """Rule and device of an alarm."""
    return f"{alarm['rule']} {alarm['device']}"


def moment(text: str) -> float:
    """A moment of the interface. [ms, UTC]"""
    return dt.datetime.fromisoformat(text).timestamp() * 1000


def environment(reached: Phones) -> Mapping[str, str]:
    """The settings of the phones as variables."""
    found = {"SITEWATCH_SERVICE__PUBLIC_URL": "http://page.example"}
    for section, given in reached.settings().items():
        assert isinstance(given, dict)
        for key, value in given.items():
            text = value if isinstance(value, str) else json.dumps(value)
            found[f"SITEWATCH_{section}__{key}".upper()] = text
    return found


def give_people(folder: Path, data: Path, reached: Phones, service: Service) -> None:
    """The duty list, and routes and steps that name its people."""
    listed = (HOUSE / "duty.yaml").read_text("utf-8").replace("WEBHOOK", reached.hook.url)
    file = folder / "duty.yaml"
    file.write_text(listed, encoding="utf-8")
    subprocess.run(
        command("duty", "import", str(file), "--data", str(data)), check=True, timeout=120,
        capture_output=True,
    )  # fmt: skip
    for name in ("escalations/people.yaml", "routes/duty.yaml"):
        target = data / "estate" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((HOUSE / name).read_bytes())
    eventually(
        "the routes are taken up", lambda: "is taken up" in "".join(service.lines), within_s=60
    )


@contextmanager
def running(folder: Path, reached: Phones) -> Iterator[Service]:
    """The demo, with all its devices heard."""
    data = folder / "data"
    arguments = ("demo", "--port", "0", "--data", str(data), "--history", "0d")
    with started(
        *arguments, "--start-at", NOON, folder=folder, environment=environment(reached)
    ) as service:
        give_people(folder, data, reached, service)

        def all_heard() -> bool:
            state = service.get("sites")[0]["state"]
            return bool(state["devices_connected"] == state["devices"])

        eventually("all devices are heard", all_heard, within_s=180)
        yield service


def until_seen(page: Page, row: Locator) -> None:
    """Wait for an alarm's row; incidents of several alarms are folded, and are opened in turn.

    Between two rounds the pointer leaves the list: while it moves there, new incidents wait.
    """
    until = time.monotonic() + SEEN_WITHIN_S
    while not row.is_visible():
        assert time.monotonic() < until, f"{row} was not on the page"
        page.mouse.move(1, 1)
        with suppress(Error):
            row.wait_for(state="visible", timeout=8000)
        for group in page.locator("[data-group]").all():
            button = group.locator("button[aria-expanded=false]")
            if row.is_visible() or button.count() != 1:
                continue
            with suppress(Error):  # the list has moved under the pointer
                button.click(timeout=2000)
                page.wait_for_timeout(300)


def happen(case: Case, data: Path, service: Service, page: Page, reached: Phones) -> Seen:
    """Make an incident happen, watch what follows, end it, and acknowledge what is open."""
    before = {one["id"] for one in service.alarms("all")}
    began, seen = now_ms(), Seen(case)
    request = {"incident": case.incident, "device": case.device, "part": case.part}
    ask(data, {**request, "clear": False})
    for name in case.raises:
        rule, device = name.split()
        row = page.locator(f"[data-rule={rule}][data-device='{device}']").first
        until_seen(page, row)
        seen.on_page[name] = (now_ms() - began) / 1000
    shoot(page, f"incident-{case.incident}")
    rest = max(AFTER_S, case.stays_s - (now_ms() - began) / 1000)
    page.wait_for_timeout(rest * 1000)
    ended = now_ms()
    fresh = [one for one in service.alarms("all") if one["id"] not in before]
    seen.alarms = sorted(
        (((moment(one["raised_at"]) - began) / 1000, one) for one in fresh), key=lambda one: one[0]
    )
    seen.told = [
        ((one.at_ms - began) / 1000, one) for one in reached.got if began <= one.at_ms <= ended
    ]
    for one in service.alarms():
        if not one["acked"]:
            service.post(f"alarms/{one['id']}/ack", {"note": "seen"})
    ask(data, {**request, "clear": True})
    return seen


def run(cases: Sequence[Case]) -> list[Seen]:
    """All of it, one after the other."""
    found = []
    with tempfile.TemporaryDirectory() as name, phones(now_ms) as reached:
        folder = Path(name)
        with running(folder, reached) as service, chromium() as browser:
            page = open_context(browser, "en").new_page()
            sign_in(page, service.url, PASSWORD)
            page.goto(f"{service.url}/alarms")
            expect(page.get_by_test_id("link")).to_have_attribute(
                "data-state", "up", timeout=60_000
            )
            for case in cases:
                seen = happen(case, folder / "data", service, page, reached)
                print(f"{case.incident}: {seen.missing() or 'as it must be'}", flush=True)
                found.append(seen)
    return found


def message(one: Telling) -> str:
    """What was said, in short."""
    if one.payload:
        title, device = one.payload["title"], one.payload["device"]
        assert isinstance(title, dict)
        return f"{title['zh']}, {device} ({one.payload['transition']})"
    if one.by == "wecom":
        text = str(json.loads(one.text)["text"]["content"])
        return ", ".join([text.splitlines()[0], *re.findall(r"^设备: (.*)$", text, re.MULTILINE)])
    said = json.loads(one.text)
    return f"{said['what']}, {said['where']}"


def lines(seen: Seen) -> Iterator[str]:
    """One incident as a section."""
    case = seen.case
    part = f", part `{case.part}`" if case.part else ""
    yield f"## {case.incident}"
    yield ""
    yield f"At `{case.device}`{part}."
    yield ""
    yield "| alarm | of | severity | class | test | raised after | on the page after |"
    yield "|---|---|---|---|---|---:|---:|"
    for after, one in seen.alarms:
        shown = seen.on_page.get(name_of(one))
        yield (
            f"| `{one['rule']}` | {one['device']} | {one['severity']} | {one['alarm_class']} | "
            f"{'yes' if one['test'] else ''} | {after:.1f} s | "
            f"{'' if shown is None else f'{shown:.1f} s'} |"
        )
    yield ""
    yield "| told | by | after | what |"
    yield "|---|---|---:|---|"
    for after, told in seen.told:
        yield f"| {told.who} | `{told.by}` | {after:.1f} s | {message(told)} |"
    yield ""


HEAD = """\
# The demo's incidents, recorded

`python -m tests.demo_run` printed this on {day}: it starts `sitewatch demo`, gives it the duty
list, the routes and the steps of `tests/acceptance/house`, and servers on loopback in place of the
providers; it makes each incident happen and watches the page in Chromium. Seconds count from the
moment the incident began; a device is polled, or reports, some seconds later, and some rules have a
delay. `wang` is on duty, `li` is the safety officer (told when nobody has acted for 60 s, which the
first incident waits for), `group` is the robot's. After each incident everything is acknowledged.
Calls are missing where the provider's limit is reached (one a minute and five an hour for a phone);
then the short message and the group are told. Ten alarms of a community within ten minutes are a
flood ([alarms.md](alarms.md)): here it begins at the water leak, and what is not urgent is told
once a minute from then on, when the next incident has begun.
Rules are in [rules.md](rules.md). The machine was
busy with other work meanwhile ({load}).

"""


def report(found: Sequence[Seen], load: str) -> str:
    """The whole page."""
    day = dt.datetime.now(dt.UTC).date().isoformat()
    body = "\n".join(line for seen in found for line in lines(seen))
    return HEAD.format(day=day, load=load) + body.rstrip() + "\n"


def main() -> int:
    """Run what is named, or all; write the page when all was as it must be."""
    named = sys.argv[1:]
    cases = [case for case in CASES if not named or case.incident in named]
    found = run(cases)
    one, _, fifteen = Path("/proc/loadavg").read_text("ascii").split()[:3]
    load = f"load {one} of 1 min, {fifteen} of 15 min"
    bad = [f"{seen.case.incident}: {what}" for seen in found for what in seen.missing()]
    text = report(found, load)
    print("\n".join(bad))
    if named or bad:
        print(text)
    else:
        REPORT.write_text(text, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
