"""What the demo estate pays: examples that nobody pays, for the cost report to show something.

The hours and multipliers are those of the library's Jiangsu tariffs, whose sources stand there.
"""

_PAYS = """\
# The prices are examples for the demo; put in what your sites pay (docs/reports/cost.md).
pays:
  - {site: demo, from: 2025-06-01, tariff: js_commercial_tou}
  - {site: centre, from: 2025-06-01, tariff: demo_two_part, demand: {maximum: true}}
  - {site: demo, from: 2025-01-01, tariff: demo_water}
  - {site: demo, from: 2025-01-01, tariff: demo_gas}
  - {site: demo, from: 2025-01-01, tariff: demo_heat}
prices:
  - {tariff: js_commercial_tou, from: 2025-06-01, source: "the library, feed-in an example",
     confidence: example, purchase: 0.4240, other: 0.3150, feed_in: 0.39}
"""
_TWO_PART = """\
tariff: demo_two_part
name: {zh: 示例两部制分时电价, en: Example of a two-part time-of-use tariff}
versions:
  - from: 2025-06-01
    source: hours and multipliers of 苏发改价格发〔2025〕426号, all else an example
    confidence: example
    hours:
      - months: [6, 7, 8, 12, 1, 2]
        periods: {peak: ["14:00-22:00"], valley: ["00:00-06:00", "11:00-13:00"]}
      - months: [3, 4, 5, 9, 10, 11]
        periods: {peak: ["15:00-22:00"], valley: ["02:00-06:00", "10:00-14:00"]}
    multipliers: {peak: 1.80, valley: 0.35}
    power_factor: {standard: 0.85}
prices:
  - {from: 2025-06-01, source: example for the demo, confidence: example, purchase: 0.4240,
     transmission: 0.15, line_loss: 0.02, system_operation: 0.03, funds: 0.03, feed_in: 0.39,
     demand_per_kw: 40, capacity_per_kva: 25}
"""


def _plain(name: str, carrier: str, zh: str, en: str, unit: str, tiers: str) -> str:
    return (
        f"tariff: {name}\ncarrier: {carrier}\nunit: {unit}\nname: {{zh: {zh}, en: {en}}}\n"
        "versions:\n"
        "  - {from: 2025-01-01, source: example for the demo, confidence: example, "
        f"tiers: {tiers}}}\n"
    )


def tariff_files() -> dict[str, str]:
    """The files below the estate's folder, by name, without their head."""
    water = "[{up_to: 20000, price: 3.00}, {price: 4.50}]"
    return {
        "tariffs.yaml": _PAYS,
        "tariffs/demo_two_part.yaml": _TWO_PART,
        "tariffs/demo_water.yaml": _plain(
            "demo_water", "water", "示例阶梯水价", "Example of a tiered water price", "m3", water
        ),
        "tariffs/demo_gas.yaml": _plain(
            "demo_gas", "gas", "示例燃气价", "Example of a gas price", "m3", "[{price: 3.50}]"
        ),
        "tariffs/demo_heat.yaml": _plain(
            "demo_heat", "heat", "示例热价", "Example of a heat price", "GJ", "[{price: 60}]"
        ),
    }
