"""Plays a story against the whole service, and keeps what came of it."""

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from alerts import duty_book
from alerts.alarm import Alarm, AlarmEvent
from alerts.contacts import DutyList
from alerts.duty_tables import escalation_steps
from alerts.repository import AlarmRepository
from records import people
from records.audit import SYSTEM
from records.engine import make_engine, migrate, sqlite_url, transaction
from records.passwords import hash_password
from records.people import Role
from sitewatch.data_folder import DataFolder
from sitewatch.settings import Settings
from tests.acceptance.child import live
from tests.acceptance.phones import Phones
from tests.acceptance.story import (
    Clock,
    Down,
    Files,
    Flood,
    Killed,
    Link,
    Provider,
    Request,
    Said,
    Step,
    Story,
)
from tests.acceptance.told_time import TimeCell, Told
from tests.e2e.zygote import have_at_hand

HOUSE = Path(__file__).with_name("house")
BEGAN = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Wujin."""
START_MS = round(BEGAN.timestamp() * 1000)
STEADY_MS = 1_000_000.0
PEOPLE = ("li", "wang", "zhao")
ROLES = (Role.MANAGER, Role.OPERATOR, Role.MAINTAINER)
PASSWORD = "a long enough password"
PAGE = "http://page.example"
_ANSWERS_WITHIN_S = 60.0


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)


def moment(given: object, now_ms: int) -> object:
    """`in_s:N` in a body as the moment so many seconds from now."""
    if isinstance(given, str) and given.startswith("in_s:"):
        at = now_ms / 1000 + float(given.removeprefix("in_s:"))
        return datetime.fromtimestamp(at, UTC).isoformat()
    return given


@dataclass
class Player:
    """One service under a story."""

    story: Story
    folder: Path
    cell: TimeCell
    phones: Phones
    offset_ms: int = START_MS - round(STEADY_MS)
    child: int = 0
    """The process of the service; 0 while none runs."""
    sessions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    lives: int = 0

    @property
    def now_s(self) -> float:
        """Since the story began. [s]"""
        return (self.cell.ms - STEADY_MS) / 1000

    @property
    def wall_ms(self) -> int:
        """What the wall clock shows."""
        return int(self.cell.ms) + self.offset_ms

    # ---- before ----

    def prepare(self) -> None:
        """The estate folder, the database with the duty list, and a token for everyone."""
        self.cell.ms = STEADY_MS
        home = self.folder / "estate"
        shutil.copytree(HOUSE, home, ignore=shutil.ignore_patterns("duty.yaml"))
        (home / "routes").joinpath("duty.yaml").write_bytes(
            (HOUSE / "routes" / "duty.yaml").read_bytes()
        )
        every = yaml.safe_load((HOUSE / "devices" / "all.yaml").read_text("utf-8"))
        mine = [one for one in every if one["id"] in self.story.devices]
        assert len(mine) == len(self.story.devices), "a device that the house does not have"
        for one in mine:
            if one.get("via") not in self.story.devices:
                one.pop("via", None)
        self._write({"devices/all.yaml": json.dumps(mine)})
        self._write(self.story.files)
        (self.folder / "data").mkdir(mode=0o700)
        have_at_hand()
        engine = self.engine()
        migrate(engine)
        listed = (HOUSE / "duty.yaml").read_text("utf-8").replace("WEBHOOK", self.phones.hook.url)
        with transaction(engine) as connection:
            duty = DutyList.model_validate(yaml.safe_load(listed))
            duty_book.replace(connection, duty, SYSTEM, START_MS)
            for name in PEOPLE:
                people.add(
                    connection, name, _hashed(), ROLES, ["*"], SYSTEM, START_MS,
                    must_change_password=False,
                )  # fmt: skip
        engine.dispose()

    def _write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = self.folder / "estate" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def engine(self) -> sa.Engine:
        """The service's database."""
        return make_engine(sqlite_url(DataFolder(self.folder / "data").records))

    # ---- the service ----

    def start(self) -> None:
        """Start the service in a process of its own, at the moment it is now."""
        ours, theirs = socket.socketpair()
        told = Told(self.cell, self.offset_ms, self.story.pace)
        settings = Settings.model_validate(
            {**self.phones.settings(), "service": {"public_url": PAGE}}
        )
        child = os.fork()
        if child == 0:
            ours.close()
            live(told, self.folder / "estate", settings, self.folder / "data", theirs)
        theirs.close()
        self.child, self.lives = child, self.lives + 1
        ours.settimeout(_ANSWERS_WITHIN_S)
        self._control = ours
        self._answers = ours.makefile("r", encoding="utf-8")
        self._read()
        self.rest()

    def kill(self) -> None:
        """Pull the plug."""
        os.kill(self.child, signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """Stop it in good order."""
        self._send("stop", None)
        until = time.monotonic() + _ANSWERS_WITHIN_S
        while time.monotonic() < until:
            found, status = os.waitpid(self.child, os.WNOHANG)
            if found:
                assert status == 0, f"the service ended with {status}"
                self._close()
                return
            time.sleep(0.01)
        self.kill()
        raise AssertionError("the service did not stop")

    def end(self) -> None:
        """Whatever state it is in."""
        if self.child:
            self.kill()

    def _reap(self) -> None:
        os.waitpid(self.child, 0)
        self._close()

    def _close(self) -> None:
        self.child = 0
        self._answers.close()
        self._control.close()

    def _send(self, order: str, given: object) -> None:
        self._control.sendall(json.dumps({order: given}).encode() + b"\n")

    def _read(self) -> Any:
        line = self._answers.readline()
        assert line, f"the service ended: {self.log()[-3000:]}"
        return json.loads(line)

    def log(self) -> str:
        """What the service said."""
        return (self.folder / "data.log").read_text("utf-8")

    def order(self, order: str, given: object) -> Any:
        """Have the service do something, and wait until it is done."""
        self._send(order, given)
        return self._read()

    def rest(self) -> None:
        """Until nothing is left to do at this moment."""
        self.order("until", self.cell.ms)

    def until(self, seconds: float) -> None:
        """Let the time pass to a moment of the story."""
        ms = STEADY_MS + seconds * 1000
        if self.child:
            self.order("until", ms)
        else:
            self.cell.ms = max(self.cell.ms, ms)

    # ---- the steps ----

    def play(self) -> None:
        """Everything that happens, up to the end."""
        self.start()
        for at, step in self.story.moments():
            self.until(at)
            self._do(step)
            if self.child:
                self.rest()
        self.until(self.story.until)

    def _do(self, step: Step) -> None:
        match step:
            case Said():
                if self.child:  # a device goes on talking while nobody listens
                    self.order("append", [{"device": step.device, "values": dict(step.values)}])
            case Killed(kill_after=said):
                assert said is not None
                self.order("append", [{"device": said.device, "values": dict(said.values)}])
                self.kill()
                self.start()
            case Request():
                self._request(step)
            case Link():
                self._link(step)
            case Down():
                self.stop() if step.down == "stop" else self.kill()
                self.until(step.at + step.for_)
                self.start()
            case Clock():
                self.offset_ms += round(step.clock * 1000)
                self.order("clock", round(step.clock * 1000))
            case Provider():
                self.phones.behave(step.provider, step.answers)
            case Files():
                self._write(step.files)
            case Flood():
                self._flood(step)

    def _flood(self, step: Flood) -> None:
        """Detectors report one after the other, a wave each half second."""
        waves = max(1, round(step.seconds * 2))
        each = -(-step.flood // waves)
        said = [{"device": f"panel-1/p{n:03d}", "values": {"fault": True}}
                for n in range(1, step.flood + 1)]  # fmt: skip
        for wave in range(waves):
            self.until(step.at + wave / 2)
            self.order("append", said[wave * each : (wave + 1) * each])

    def _request(self, step: Request) -> None:
        path = re.sub(r"\{([^}]+)\}", lambda found: str(self.alarm(found[1]).id), step.post)
        body = {key: moment(value, self.wall_ms) for key, value in step.body.items()}
        answer = self._post(path, body, self._session(step.by))
        assert answer["status"] in step.status, f"{step.post}: {answer}"

    def _post(self, path: str, body: object, headers: Mapping[str, str]) -> Any:
        given = {"method": "POST", "path": f"/api/v1/{path}", "body": body, "headers": headers}
        return self.order("request", given)

    def _session(self, name: str) -> Mapping[str, str]:
        """A person's session; signed in once."""
        if name not in self.sessions:
            answer = self._post("session", {"username": name, "password": PASSWORD}, {})
            assert answer["status"] == 204, answer
            found = answer["headers"]
            self.sessions[name] = {
                "Cookie": found["set-cookie"].partition(";")[0],
                "X-CSRF-Token": found["x-csrf-token"],
            }
        return self.sessions[name]

    def _link(self, step: Link) -> None:
        links = [
            str(one.payload["ack_link"]) for one in self.phones.got
            if one.who == step.link_of and one.payload.get("ack_link")
            and step.of in (None, one.payload["rule"])
        ]  # fmt: skip
        assert links, f"{step.link_of} was sent no link"
        path = links[-1].removeprefix(PAGE)
        for method in ("GET",) if step.look_only else ("GET", "POST"):
            given: object = {"method": method, "path": path, "body": None, "headers": {}}
            answer = self.order("request", given)
        assert answer["status"] == step.status, answer

    # ---- what came of it ----

    def alarms(self) -> Sequence[Alarm]:
        """Every alarm, the oldest first."""
        engine = self.engine()
        try:
            found = AlarmRepository(engine).page("all", limit=5000).items
        finally:
            engine.dispose()
        return list(reversed(found))

    def alarms_of(self, name: str) -> Sequence[Alarm]:
        """Those of a rule, a device and perhaps a point."""
        rule, device, *point = name.split()
        return [
            one for one in self.alarms()
            if (one.rule, one.device) == (rule, device) and point in ([], [one.point])
        ]  # fmt: skip

    def alarm(self, name: str) -> Alarm:
        """The newest of a rule and a device."""
        found = self.alarms_of(name)
        assert found, f"there is no alarm {name}; there are {[a.rule for a in self.alarms()]}"
        return found[-1]

    def events(self, name: str) -> Sequence[AlarmEvent]:
        """What happened, over all alarms of a rule and device."""
        engine = self.engine()
        try:
            known = AlarmRepository(engine)
            return [event for one in self.alarms_of(name) for event in known.events(one.id)]
        finally:
            engine.dispose()

    def steps(self, alarm: int) -> Sequence[int]:
        """When the steps of an alarm's escalation ran. [ms, UTC]"""
        engine = self.engine()
        table = escalation_steps
        query = sa.select(table.c.ran_at).where(table.c.alarm == alarm, table.c.ran_at.is_not(None))
        with engine.begin() as connection:
            found = list(connection.execute(query.order_by(table.c.ran_at)).scalars())
        engine.dispose()
        return found
