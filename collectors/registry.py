"""The protocols sitewatch speaks: one line each."""

from collectors import modbus, mqtt, sunspec
from collectors.driver import Driver

DRIVERS: tuple[Driver, ...] = (modbus.DRIVER, sunspec.DRIVER, mqtt.DRIVER)
SCHEMAS = tuple(driver.schema for driver in DRIVERS)
