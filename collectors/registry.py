"""The protocols sitewatch speaks: one line each."""

from collectors import modbus, mqtt, ocpp
from collectors.driver import Driver

DRIVERS: tuple[Driver, ...] = (modbus.DRIVER, mqtt.DRIVER, ocpp.DRIVER)
SCHEMAS = tuple(schema for driver in DRIVERS for schema in driver.schemas)
