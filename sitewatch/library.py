"""One profile by its name or file, without reading the whole library for it."""

from pathlib import Path

from collectors.registry import SCHEMAS
from device_configs.profile import LIBRARY, Profile, read_profile
from device_configs.suggest import did_you_mean
from sitewatch.errors import InvalidInputError


def profile_named(name: str) -> Profile:
    """A profile of the library, or of the file where the name is that of a YAML file.

    Raises:
        InvalidInputError: the library has none of this name.
        InvalidConfigError: with every fault of the file.
    """
    schemas = {schema.protocol: schema for schema in SCHEMAS}
    if name.endswith(".yaml"):
        return read_profile(Path(name), schemas)
    files = {file.stem: file for file in LIBRARY.rglob("*.yaml")}
    if name not in files:
        hint = did_you_mean(name, files) or "; see `sitewatch profiles`"
        raise InvalidInputError(f"there is no profile {name!r}{hint}")
    return read_profile(files[name], schemas)
