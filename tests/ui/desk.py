"""A duty desk with all around it: a panel of 242 detectors, meters, people, an escalation."""

import datetime as dt
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from tests.e2e.background import Background, in_background
from tests.e2e.folders import estate, meter, panel
from tests.e2e.service import PASSWORD, Service, command, eventually, started
from tests.replay_server import Fault, ReplayServer, Unit
from tests.ui.browser import Complaints, open_context, sign_in
from tests.webhook import Receiver, receiving

DETECTORS = 242
FIRST_PART = 100
METER_REGISTERS = 400
OWN_PASSWORD = "a password of one's own"
PATIENCE_MS = 40_000
"""The machine may be busy with other tests; what is asserted is that it happens, not how fast."""
QUICK = """
- {rule: voltage_l1_low, on_delay: 1s}
- {rule: voltage_l2_low, enabled: false}
- {rule: voltage_l3_low, enabled: false}
- {rule: points_refused, enabled: false}
"""
ROUTES = """
- when: {severity: emergency}
  notify: [{on_duty: desk, by: webhook}]
  escalate: fire
- when: {class: limit}
  notify: [{contact: zhao, by: webhook}]
- {when: {class: roll_call}, notify: [{on_duty: desk, by: webhook}]}
"""
CHAIN = """
- escalation: fire
  steps:
    - {after: 1s, notify: [{team: officers, by: webhook}]}
    - {after: 30min, notify: [{contact: zhao, by: webhook}]}
"""
DUTY = """
contacts:
  - {{id: wang, name: 王伟, phone: "13800000000", webhook: "{url}/wang", account: admin}}
  - {{id: li, name: 李静, webhook: "{url}/li"}}
  - {{id: zhao, name: 赵敏, phone: "13700000000", webhook: "http://127.0.0.1:9/zhao"}}
teams:
  - {{id: officers, name: {{zh: 安全主管, en: Safety officers}}, members: [li]}}
schedules:
  - id: desk
    name: {{zh: 值班室, en: Duty desk}}
    begins: 2026-01-05
    shifts:
      - {{shift: day, start: "08:00", end: "20:00", weeks: [[wang, wang, wang, wang, wang, wang, wang]]}}
      - {{shift: night, start: "20:00", end: "08:00", weeks: [[wang, li, li, li, li, li, li]]}}
holidays:
  - {{date: {year}-10-01, name: 国庆}}
"""  # noqa: E501


@dataclass(frozen=True)
class Desk:
    """The running service with what it watches."""

    service: Service
    panel: Background[ReplayServer]
    receiver: Receiver

    def smoke(self, detectors: range, word: int = 1) -> None:
        """Set the state of detectors (1 is p001): 1 is smoke."""
        unit = self.panel.server.units[1]
        for number in detectors:
            unit.load(4, FIRST_PART + number - 1, [word])

    def person(self, name: str, *roles: str) -> None:
        """An account with a password of its own."""
        body = {"username": name, "roles": list(roles), "sites": ["*"]}
        made = self.service.post("people", body).json()
        with httpx.Client(base_url=f"{self.service.url}/api/v1/") as client:
            answer = client.post("session", json=made)
            client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
            change = {"current_password": made["password"], "new_password": OWN_PASSWORD}
            assert client.put("session/password", json=change).status_code == 204

    def enter(
        self, browser: Browser, complaints: Complaints, language: str, name: str | None = None
    ) -> Page:
        """A page of the first administrator, who has every role, or of a person."""
        page = open_context(browser, language).new_page()
        complaints.watch(page)
        password = PASSWORD if name is None else OWN_PASSWORD
        sign_in(page, self.service.url, password, name or "admin")
        return page


def _meters() -> ReplayServer:
    unit = Unit()
    unit.load(4, 0, struct.unpack(f">{METER_REGISTERS}H", struct.pack(">f", 50.0) * 200))
    return ReplayServer({1: unit, 2: Unit(fault=Fault.SILENT)})


def _panel() -> ReplayServer:
    unit = Unit()
    unit.load(4, 0, [0, DETECTORS])
    unit.load(4, FIRST_PART, [0] * DETECTORS)
    return ReplayServer({1: unit})


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """Start everything; a low voltage and a silent meter are alarms already."""
    with (
        receiving() as receiver,
        in_background(_meters) as meters,
        in_background(_panel) as fire_panel,
    ):
        port = meters.server.port
        devices = meter(port) + meter(port, "m2", unit=2) + panel(fire_panel.server.port)
        home = estate(folder, devices, ROUTES, confirmed=False)
        (home / "rules" / "desk.yaml").write_text(QUICK, encoding="utf-8")
        (home / "escalations").mkdir()
        (home / "escalations" / "all.yaml").write_text(CHAIN, encoding="utf-8")
        data = folder / "data"
        with started(
            "run", "--estate", str(home), "--data", str(data), "--port", "0", folder=folder
        ) as service:
            list_ = folder / "duty.yaml"
            year = dt.datetime.now(dt.UTC).year
            list_.write_text(DUTY.format(url=receiver.url, year=year), encoding="utf-8")
            subprocess.run(
                command("duty", "import", str(list_), "--data", str(data)),
                check=True,
                capture_output=True,
                timeout=60,
            )
            eventually("the panel is read", lambda: "fire" in service.latest("panel-1"))
            yield Desk(service, fire_panel, receiver)
