"""Writes the Grafana dashboards beside it: `python deploy/grafana/make.py`.

What they show is the two tables here; tests hold the names against the kinds and the metrics.
"""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = dict[str, Any]

SERIES = {
    "electricity_meter": {
        "Active power": ("watt", ["active_power"]),
        "Voltage": ("volt", ["voltage_l1", "voltage_l2", "voltage_l3"]),
        "Current": ("amp", ["current_l1", "current_l2", "current_l3"]),
        "Energy counter": ("watth", ["active_energy_import", "active_energy_export"]),
    },
    "pv_inverter": {
        "Power": ("watt", ["active_power", "dc_power"]),
        "Energy of the day": ("watth", ["active_energy_today"]),
        "Temperature": ("celsius", ["temperature"]),
        "Insulation resistance": ("ohm", ["insulation_resistance"]),
    },
    "ev_charger": {
        "Power": ("watt", ["active_power"]),
        "Session energy": ("watth", ["session_energy"]),
        "Connector temperature": ("celsius", ["connector_temperature"]),
    },
    "water_meter": {"Volume": ("m3", ["volume_total"]), "Flow": ("short", ["flow"])},
    "gas_meter": {"Volume": ("m3", ["volume_total"]), "Flow": ("short", ["flow"])},
    "heat_meter": {
        "Heat power": ("watt", ["heat_power"]),
        "Temperatures": ("celsius", ["supply_temperature", "return_temperature"]),
    },
    "weather_station": {
        "Irradiance": ("Wm2", ["irradiance"]),
        "Temperature": ("celsius", ["ambient_temperature", "module_temperature"]),
    },
    "environment_sensor": {
        "Temperature": ("celsius", ["temperature"]),
        "Humidity": ("percent", ["humidity"]),
    },
    "water_tank": {"Level": ("short", ["level"]), "Volume": ("m3", ["volume"])},
    "water_pressure": {"Pressure": ("short", ["pressure"])},
    "elevator": {"Trips": ("short", ["trip_count"]), "Speed": ("velocityms", ["speed"])},
    "gas_detector": {"Gas concentration": ("percent", ["gas_concentration"])},
    "electrical_fire_detector": {
        "Residual current": ("short", ["residual_current_1"]),
        "Cable temperature": ("celsius", ["cable_temperature_1"]),
    },
    "access_gate": {"Occupancy": ("short", ["occupancy"])},
}
"""Kind to panels, each with Grafana's unit and its points."""

SERVICE = {
    "Samples not yet judged, not yet stored": ("short", ["journal_lag", "store_lag"]),
    "Dropped or lost samples": ("short", ["dropped_total"]),
    "Journal": ("bytes", ["journal_bytes"]),
    "Free disk": ("bytes", ["disk_free"]),
    "Memory": ("bytes", ["memory"]),
    "Notifications that wait": ("short", ["outbox_lag"]),
}
"""Panels on what sitewatch writes of itself."""

METRICS = {
    "Lines connected": ("short", "sitewatch_line_connected", "{{line}}"),
    "Devices by state": ("short", "sum by (state) (sitewatch_line_devices)", "{{state}}"),
    "Requests": ("reqps", "rate(sitewatch_line_requests_total[5m])", "{{line}}"),
    "Timeouts": ("reqps", "rate(sitewatch_line_timeouts_total[5m])", "{{line}}"),
    "Refused by devices": ("reqps", "rate(sitewatch_line_exceptions_total[5m])", "{{line}}"),
    "Garbled answers": ("reqps", "rate(sitewatch_line_garbled_total[5m])", "{{line}}"),
    "Polls left out": ("reqps", "rate(sitewatch_line_skipped_total[5m])", "{{line}}"),
    "Lateness, one cycle of a hundred": ("s", "sitewatch_line_lateness_p99_seconds", "{{line}}"),
    "Messages": ("reqps", "rate(sitewatch_line_messages_total[5m])", "{{line}}"),
    "Dropped by the broker": ("short", "sitewatch_line_broker_dropped_total", "{{line}}"),
    "Waiting for the journal": ("short", "sitewatch_line_waiting", "{{line}}"),
    "Points that devices refuse": ("short", "sitewatch_line_refused_points", "{{line}}"),
    "Dead letters": ("short", "increase(sitewatch_dead_letters_kept_total[1h])", "kept"),
    "Readers of the live stream": ("short", "sitewatch_live_readers", "readers"),
}
"""Title to unit, expression and legend."""

STAGES = {
    "Stages that work": ("short", "sitewatch_stage_ok", "{{stage}}"),
    "Samples written to the journal": (
        "short", "rate(sitewatch_journal_samples_total[5m])", "a second",
    ),
    "Age of what is not yet taken": ("s", "sitewatch_journal_lag_seconds", "{{consumer}} {{lane}}"),
    "Dropped because the journal was full": (
        "short", "increase(sitewatch_journal_dropped_samples_total[1h])", "{{lane}}",
    ),
    "A commit of the journal, one of a hundred": (
        "s", "histogram_quantile(0.99, rate(sitewatch_journal_commit_seconds_bucket[5m]))", "p99",
    ),
    "A batch of the store, one of a hundred": (
        "s", "histogram_quantile(0.99, rate(sitewatch_recorder_write_seconds_bucket[5m]))", "p99",
    ),
    "Store behind by": ("s", "sitewatch_recorder_lag_seconds", "store"),
    "Notifications that wait": ("short", "sitewatch_outbox_waiting", "{{channel}}"),
    "Attempts to notify that failed": (
        "short", "increase(sitewatch_outbox_failures_total[1h])", "{{channel}}",
    ),
    "Notifications given up": (
        "short", "increase(sitewatch_outbox_given_up_total[1h])", "{{channel}}",
    ),
    "Free disk": ("bytes", "sitewatch_disk_free_bytes", "data folder"),
    "Events that slow readers missed": (
        "short", "increase(sitewatch_live_events_skipped_total[1h])", "live stream",
    ),
}  # fmt: skip
"""The same of the stages, for whoever has Prometheus and no InfluxDB."""


def _place(number: int) -> Json:
    return {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8}


def _panel(number: int, title: str, unit: str, source: Json, targets: list[Json]) -> Json:
    return {
        "id": number + 1, "type": "timeseries", "title": title, "datasource": source,
        "gridPos": _place(number), "targets": targets,
        # A gap is shown as a gap: what is unknown is not drawn.
        "fieldConfig": {
            "defaults": {"unit": unit, "custom": {"spanNulls": False}}, "overrides": [],
        },
    }  # fmt: skip


def _influxql(kind: str, points: list[str], where: str) -> list[Json]:
    return [
        {
            "refId": chr(65 + number), "rawQuery": True, "resultFormat": "time_series",
            "alias": f"$tag_device {point}",
            "query": f'SELECT mean("{point}") FROM "{kind}" WHERE {where}$timeFilter '
            'GROUP BY time($__interval), "device" fill(null)',
        }
        for number, point in enumerate(points)
    ]  # fmt: skip


def _source(name: str, kind: str) -> Json:
    return {"name": name, "type": "datasource", "label": name, "query": kind}


def _dashboard(uid: str, title: str, panels: list[Json], variables: list[Json]) -> Json:
    return {
        "uid": uid, "title": title, "schemaVersion": 39, "version": 1, "editable": True,
        "tags": ["sitewatch"], "time": {"from": "now-24h", "to": "now"}, "refresh": "1m",
        "templating": {"list": variables}, "panels": panels,
    }  # fmt: skip


def of_kind(kind: str) -> Json:
    """The dashboard of the series of one kind."""
    source = {"type": "influxdb", "uid": "${series}"}
    where = '"site" =~ /^$site$/ AND "device" =~ /^$device$/ AND '
    chosen = [
        _source("series", "influxdb"),
        *(
            {
                "name": tag, "type": "query", "datasource": source, "multi": True,
                "includeAll": True, "refresh": 2, "current": {"text": "All", "value": "$__all"},
                "query": f'SHOW TAG VALUES FROM "{kind}" WITH KEY = "{tag}"',
            }
            for tag in ("site", "device")
        ),
    ]  # fmt: skip
    panels = [
        _panel(number, title, unit, source, _influxql(kind, points, where))
        for number, (title, (unit, points)) in enumerate(SERIES[kind].items())
    ]
    title = kind.replace("_", " ")
    return _dashboard(f"sitewatch-{kind}"[:40], f"sitewatch: {title}", panels, chosen)


def of_service() -> Json:
    """The dashboard of sitewatch itself."""
    series = {"type": "influxdb", "uid": "${series}"}
    metrics = {"type": "prometheus", "uid": "${metrics}"}
    panels = [
        _panel(number, title, unit, series, _influxql("service", points, ""))
        for number, (title, (unit, points)) in enumerate(SERVICE.items())
    ]
    panels += _of_metrics(METRICS, len(panels), metrics)
    chosen = [_source("series", "influxdb"), _source("metrics", "prometheus")]
    return _dashboard("sitewatch-itself", "sitewatch: itself", panels, chosen)


def of_stages() -> Json:
    """The dashboard of sitewatch's stages and lines, of Prometheus alone."""
    metrics = {"type": "prometheus", "uid": "${metrics}"}
    panels = _of_metrics(STAGES | METRICS, 0, metrics)
    chosen = [_source("metrics", "prometheus")]
    return _dashboard("sitewatch-metrics", "sitewatch: metrics", panels, chosen)


def _of_metrics(table: dict[str, tuple[str, str, str]], first: int, source: Json) -> list[Json]:
    return [
        _panel(
            number, title, unit, source,
            [{"refId": "A", "expr": expression, "legendFormat": legend}],
        )
        for number, (title, (unit, expression, legend)) in enumerate(table.items(), first)
    ]  # fmt: skip


def dashboards() -> dict[str, Json]:
    """File name to dashboard."""
    own = {"sitewatch.json": of_service(), "sitewatch_metrics.json": of_stages()}
    return {f"{kind}.json": of_kind(kind) for kind in SERIES} | own


def text(dashboard: Json) -> str:
    """A dashboard as it is written."""
    return json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, dashboard in dashboards().items():
        (HERE / name).write_text(text(dashboard), encoding="utf-8")
