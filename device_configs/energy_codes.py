"""Energy codes of sub-metering: a tree of five characters, as versioned data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from device_configs.estate import Estate
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

_LIBRARY = Path(__file__).with_name("energy_codes") / "cn.yaml"
Code = Annotated[str, Field(pattern=r"^[0-9]{2}([A-Z0]([0-9]([A-Z0]))?)?$", min_length=5)]


class CodeEntry(Strict):
    """What a code stands for."""

    zh: str
    en: str
    confidence: Literal["V", "1", "M", "P"]

    @property
    def label(self) -> Label:
        """Its name."""
        return Label(zh=self.zh, en=self.en)


class CodeFile(Strict):
    """The library's table, or an estate's `energy_codes.yaml`."""

    version: str
    source: str
    codes: Mapping[Code, CodeEntry]


@dataclass(frozen=True)
class EnergyCodes:
    """The codes that an estate uses."""

    version: str
    source: str
    codes: Mapping[str, CodeEntry]

    def above(self, code: str) -> list[str]:
        """The known codes that a code is below, nearest first."""
        shorter = [code[:n] + "0" * (5 - n) for n in (4, 3, 2)]
        return [one for one in dict.fromkeys(shorter) if one != code and one in self.codes]


def load_energy_codes(estate_folder: Path | None = None) -> EnergyCodes:
    """The library's codes, and an estate's over them.

    Raises:
        InvalidConfigError: with every fault of the files.
    """
    files = [_LIBRARY]
    if estate_folder is not None and (own := estate_folder / "energy_codes.yaml").exists():
        files.append(own)
    read, faults = [], list[Fault]()
    for path in files:
        document = read_yaml(path)
        try:
            read.append(CodeFile.model_validate(document.data))
        except ValidationError as error:
            faults += from_validation(error, path, document.lines, model=CodeFile)
    if faults:
        raise InvalidConfigError(faults)
    codes = {code: entry for file in read for code, entry in file.codes.items()}
    return EnergyCodes(read[-1].version, "; ".join(one.source for one in read), codes)


def check_energy_codes(estate: Estate, codes: EnergyCodes, folder: Path) -> None:
    """See that every code of a meter is known.

    Raises:
        InvalidConfigError: with every meter whose code is not.
    """
    faults = []
    for device in estate.devices.values():
        code = device.entry.metering.energy_code if device.entry.metering else None
        if code is not None and code not in codes.codes:
            hint = did_you_mean(code, codes.codes)
            message = f"{device.id}: there is no energy code {code!r}{hint}"
            faults.append(Fault(str(folder), 0, "metering.energy_code", message))
    if faults:
        raise InvalidConfigError(faults)
