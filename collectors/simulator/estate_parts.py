"""How a community of the demo estate is put together: devices on lines, in places."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]
"""A mapping on its way into a YAML file; the estate's loader is what checks it."""


def label(zh: str, en: str) -> Entry:
    """A text in both languages."""
    return {"zh": zh, "en": en}


@dataclass
class Draft:
    """One community while it is being written."""

    site: str
    prefix: str
    community: Entry = field(default_factory=dict)
    devices: list[Entry] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Modbus line to the number of units on it."""

    def rooms(self) -> Iterator[Entry]:
        """The places inside the buildings."""
        for building in self.community["buildings"]:
            yield from building["places"]

    def id_of(self, name: str) -> str:
        """The full id of a device."""
        return f"{self.prefix}-{name}"

    def modbus(
        self,
        name: str,
        profile: str,
        zh: str,
        en: str,
        place: str,
        interval: str,
        *,
        line: str = "main",
        metering: str | None = None,
        rating_w: int | None = None,
        parts: list[Entry] | None = None,
        **more: Any,
    ) -> None:
        """Add a device behind the community's gateway, or on another line.

        `metering` is `grid`, `generation`, an energy code, or the name of the meter above.
        """
        self.lines[line] = unit = self.lines.get(line, 0) + 1
        entry = self._entry(name, profile, zh, en, place)
        entry["link"] = {"modbus_tcp": {"host": "127.0.0.1", "port": line, "unit": unit}}
        entry["interval"] = interval
        if rating_w is not None:
            entry["rating_w"] = rating_w
        if metering is not None:
            entry["metering"] = self._metering(metering)
        entry |= more
        if parts:
            entry["parts"] = parts
        self.devices.append(entry)

    def meter(
        self, name: str, zh: str, en: str, place: str, metering: str, *,
        interval: str = "10s", line: str = "main", profile: str = "eastron_sdm630",
    ) -> None:  # fmt: skip
        """Add an electricity meter."""
        self.modbus(name, profile, zh, en, place, interval, line=line, metering=metering)

    def mqtt(self, name: str, profile: str, zh: str, en: str, place: str, interval: str) -> None:
        """Add a device that publishes."""
        entry = self._entry(name, profile, zh, en, place)
        entry["link"] = {"mqtt": {}}
        entry["interval"] = interval
        self.devices.append(entry)

    def number_ports(self, first: int) -> int:
        """Give every line its port; returns the next free one."""
        ports = {line: first + number for number, line in enumerate(self.lines)}
        for device in self.devices:
            parameters = device["link"].get("modbus_tcp")
            if parameters:
                parameters["port"] = ports[parameters["port"]]
        return first + len(ports)

    def _entry(self, name: str, profile: str, zh: str, en: str, place: str) -> Entry:
        return {
            "id": self.id_of(name),
            "profile": profile,
            "place": f"{self.site}-{place}",
            "name": label(zh, en),
        }

    def _metering(self, metering: str) -> Entry:
        if metering in {"grid", "generation"}:
            return {"role": metering}
        if metering[:2].isdecimal():
            return {"role": "submeter", "of": self.id_of("grid"), "energy_code": metering}
        return {"role": "submeter", "of": self.id_of(metering)}
