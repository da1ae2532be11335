"""What the devices that watch over safety show while nothing is wrong."""

from collectors.simulator.readings import Moment, Readings
from collectors.simulator.span import day_of, start_of

_TANK_M2 = 18.0


def elevator(moment: Moment) -> Readings:
    """A lift that works: its trips, doors and counters."""
    car = moment.plant.lifts[moment.device.id].at(moment.at_ms)
    direction = "none" if car.speed == 0 else "up" if car.speed > 0 else "down"
    return {
        "service_mode": "normal",
        "car_state": "running" if car.running else "stopped",
        "direction": direction,
        "door_zone": not car.running,
        "door_closed": not car.door_open,
        "floor": car.floor,
        "occupied": car.occupied,
        "speed": round(car.speed, 2),
        "alarm_button": False,
        "entrapment": False,
        "fault_code": 0,
        "trip_count": car.trips,
        "run_time": car.run_time_s,
    }


def escalator(moment: Moment) -> Readings:
    """An escalator that runs from 07:00 to 20:00; a trip is one start."""
    since_midnight_s = (moment.at_ms - start_of(day_of(moment.at_ms))) // 1000
    running = 7 * 3600 <= since_midnight_s < 20 * 3600
    return {
        "running": running,
        "direction": ("up" if moment.chance("direction") < 0.5 else "down") if running else "none",
        "fault_code": 0,
        "trip_count": day_of(moment.at_ms) + (since_midnight_s >= 7 * 3600),
    }


def fire_panel(moment: Moment) -> Readings:
    """A panel in normal watch."""
    return {
        "fire": False,
        "fault": False,
        "shielded": False,
        "supervisory": False,
        "test": False,
        "mains_fault": False,
        "battery_fault": False,
        "bus_fault": False,
        "part_count": len(moment.device.parts),
    }


def smoke_detector(moment: Moment) -> Readings:
    """A detector in clean air, by radio or behind a panel."""
    return _radio(moment) | {
        "smoke": False,
        "fault": False,
        "shielded": False,
        "supervisory": False,
        "test": False,
        "heartbeat": True,
    }


def gas_detector(moment: Moment) -> Readings:
    """A gas detector in clean air."""
    return _radio(moment) | {
        "gas_concentration": round(0.6 + 0.4 * moment.sway("gas", 1_900.0), 1),
        "gas_alarm": False,
        "fault": False,
        "test": False,
    }


def electrical_fire_detector(moment: Moment) -> Readings:
    """Residual currents of some tens of milliampere and warm cables."""
    found: Readings = {"alarm": False, "fault": False}
    ambient = moment.plant.sky["temperature"].rate(moment.at_ms)
    for name in moment.device.profile.points:
        level = 20.0 + 60.0 * moment.chance(name)
        if name.startswith("residual_current_"):
            found[name] = round(level + 6.0 * moment.sway(name, 1_300.0), 1)
        elif name.startswith("cable_temperature_"):
            found[name] = round(ambient / 2 + 18.0 + level / 8.0, 1)
    return found


def water_pressure(moment: Moment) -> Readings:
    """The hydrant main."""
    base = 420.0 + 60.0 * moment.chance("pressure")
    return {"pressure": round(base + 8.0 * moment.sway("pump", 900.0), 1)}


def water_tank(moment: Moment) -> Readings:
    """The fire water tank."""
    level = 2.6 + 0.5 * moment.chance("level") + 0.05 * moment.sway("refill", 14_400.0)
    return {"level": round(level, 3), "volume": round(level * _TANK_M2, 2)}


def environment_sensor(moment: Moment) -> Readings:
    """Room climate, and a dry floor."""
    outside = moment.plant.sky["temperature"].rate(moment.at_ms)
    room = 22.0 + 0.12 * (outside - 16.0) + 1.2 * moment.sway("room", 43_200.0)
    return _radio(moment) | {
        "temperature": round(room, 1),
        "humidity": round(48.0 + 8.0 * moment.sway("humidity", 30_000.0), 1),
        "water_leak": False,
    }


def gateway(moment: Moment) -> Readings:
    """A gateway that is there; it restarts at a fixed minute of every month of 30 days."""
    since_s = (moment.at_ms - start_of(0)) // 1000 + int(moment.chance("start") * 2_000_000)
    return {
        "connected": True,
        "uptime": since_s % (30 * 86_400),
        "signal": round(-63.0 + 5.0 * moment.sway("signal", 700.0)),
    }


def _radio(moment: Moment) -> Readings:
    """Battery and link of a radio device; a battery lasts about two years."""
    age = (day_of(moment.at_ms) + int(700 * moment.chance("battery"))) % 700
    charge = round(100.0 - age / 8.0)
    return {
        "battery": charge,
        "battery_low": False,
        "battery_voltage": round(2.6 + charge / 200.0, 2),
        "tamper": False,
        "signal": round(110 + 40 * moment.sway("link", 3_000.0)),
    }
