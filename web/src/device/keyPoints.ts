/** The points of each kind that say most at a glance, in the order they are shown. */

const KEY_POINTS: Record<string, readonly string[]> = {
  electricity_meter: ["active_power", "active_energy_import"],
  water_meter: ["flow", "volume_total"],
  gas_meter: ["flow", "volume_total"],
  heat_meter: ["heat_power", "supply_temperature", "return_temperature"],
  pv_inverter: ["state", "active_power", "active_energy_today"],
  weather_station: ["irradiance", "ambient_temperature", "wind_speed"],
  ev_charger: ["state", "active_power", "session_energy"],
  elevator: ["service_mode", "car_state", "floor", "entrapment"],
  escalator: ["running", "direction", "fault_code"],
  fire_panel: ["fire", "fault", "shielded", "test"],
  smoke_detector: ["smoke", "battery", "tamper"],
  call_point: ["pressed", "fault", "test"],
  gas_detector: ["gas_alarm", "gas_concentration"],
  electrical_fire_detector: ["alarm", "residual_current_1", "cable_temperature_1"],
  water_pressure: ["pressure"],
  water_tank: ["level", "volume"],
  environment_sensor: ["temperature", "humidity", "water_leak"],
  access_gate: ["barrier_state", "people_in_total", "vehicles_in_total", "occupancy"],
  gateway: ["connected", "uptime", "signal"],
};

export function keyPointsOf(kind: string): readonly string[] {
  return KEY_POINTS[kind] ?? [];
}

/** The point that a device's chart begins with. */
export function chartPointOf(kind: string, points: readonly string[]): string | undefined {
  const numeric = [
    "active_power",
    "heat_power",
    "flow",
    "pressure",
    "level",
    "temperature",
    "irradiance",
    "gas_concentration",
    "residual_current_1",
    "floor",
  ];
  return (
    numeric.find((point) => points.includes(point)) ??
    keyPointsOf(kind).find((point) => points.includes(point)) ??
    points[0]
  );
}
