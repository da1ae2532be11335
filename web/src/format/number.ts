/** Stored units become the units people read, at the very edge. */

import { localeOf, type Language } from "./time";

/** What is written where a figure is unknown: never 0. */
export const UNKNOWN = "—";

export interface Quantity {
  text: string;
  unit: string;
}

interface Scale {
  from: number;
  divisor: number;
  unit: string;
}

/** Larger units of stored units, the largest first. */
const SCALES: Record<string, Scale[]> = {
  W: [
    { from: 1e7, divisor: 1e6, unit: "MW" },
    { from: 0, divisor: 1e3, unit: "kW" },
  ],
  var: [{ from: 0, divisor: 1e3, unit: "kvar" }],
  VA: [{ from: 0, divisor: 1e3, unit: "kVA" }],
  Wh: [
    { from: 1e9, divisor: 1e6, unit: "MWh" },
    { from: 0, divisor: 1e3, unit: "kWh" },
  ],
  varh: [{ from: 0, divisor: 1e3, unit: "kvarh" }],
  ohm: [
    { from: 1e6, divisor: 1e6, unit: "MΩ" },
    { from: 1e3, divisor: 1e3, unit: "kΩ" },
    { from: 0, divisor: 1, unit: "Ω" },
  ],
  s: [
    { from: 7200, divisor: 3600, unit: "h" },
    { from: 0, divisor: 1, unit: "s" },
  ],
  B: [
    { from: 1e9, divisor: 1e9, unit: "GB" },
    { from: 1e6, divisor: 1e6, unit: "MB" },
    { from: 0, divisor: 1e3, unit: "kB" },
  ],
};

/** Stored units whose written form differs. */
const WRITTEN: Record<string, string> = {
  degC: "°C",
  m3: "m³",
  "m3/h": "m³/h",
  "W/m2": "W/m²",
  "1": "",
  count: "",
};

/** The scale for a value of a stored unit; a chart takes it for its largest value. */
export function scaleFor(unit: string, magnitude: number): { divisor: number; unit: string } {
  const scales = SCALES[unit] ?? [];
  const found = scales.find((scale) => Math.abs(magnitude) >= scale.from);
  return found ?? { divisor: 1, unit: WRITTEN[unit] ?? unit };
}

function digits(value: number, unit: string): number {
  if (unit === "count" || unit === "B") return Number.isInteger(value) ? 0 : 1;
  if (unit === "Wh" || unit === "varh") return Math.abs(value) >= 1000 ? 0 : 1;
  if (unit === "1") return 2;
  const size = Math.abs(value);
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  return unit === "s" ? 0 : 2;
}

const formats = new Map<string, Intl.NumberFormat>();

/** A number with grouping and a fixed number of decimals. */
export function decimal(value: number, places: number, language: Language): string {
  const key = `${language} ${places}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat(localeOf(language), {
      minimumFractionDigits: places,
      maximumFractionDigits: places,
    });
    formats.set(key, found);
  }
  // -0.00 would be read as a sign that means something.
  const text = found.format(value);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text;
}

/** A value in its stored unit, as people read it. */
export function quantity(value: number, unit: string, language: Language): Quantity {
  const scale = scaleFor(unit, value);
  const scaled = value / scale.divisor;
  return { text: decimal(scaled, digits(scaled, unit), language), unit: scale.unit };
}

/** A power [W] with its unit, or the sign of the unknown. */
export function power(watts: number | null | undefined, language: Language): Quantity {
  if (watts === null || watts === undefined) return { text: UNKNOWN, unit: "kW" };
  const kilowatts = watts / 1000;
  const places = Math.abs(kilowatts) >= 100 ? 0 : 1;
  return { text: decimal(kilowatts, places, language), unit: "kW" };
}

/** An energy [Wh] in kWh, or the sign of the unknown. */
export function kilowattHours(wattHours: number | null | undefined, language: Language): string {
  if (wattHours === null || wattHours === undefined) return UNKNOWN;
  const kilo = wattHours / 1000;
  if (kilo !== 0 && Math.abs(kilo) < 0.05) return kilo > 0 ? "<0.1" : ">-0.1";
  return decimal(kilo, 1, language);
}

/** A share (0 to 1) in percent; what is not nothing never reads as 0 %, nor as 100 %. */
export function percent(share: number, language: Language): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 100 && value > 99.9) return ">99.9%";
  return `${decimal(value, value === 0 || value >= 100 ? 0 : 1, language)}%`;
}
