"""YAML read strictly: YAML 1.2 booleans and numbers, no key twice, a line for every value."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

try:
    # libyaml reads the same seven times as fast; an estate of 300 devices is felt at every start.
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

from device_configs.faults import Fault, InvalidConfigError, Path_


class _Loader(_SafeLoader):
    """SafeLoader whose scalars follow YAML 1.2: only true/false are booleans, 1e6 is a number."""


_Loader.yaml_implicit_resolvers = {
    first: [
        pair
        for pair in pairs
        if pair[0]
        not in {
            "tag:yaml.org,2002:bool",
            "tag:yaml.org,2002:float",
            "tag:yaml.org,2002:timestamp",
            "tag:yaml.org,2002:int",
        }
    ]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^(?:[-+]?[0-9]+|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def _construct_int(loader: _Loader, node: yaml.Node) -> int:
    text = str(node.value)
    return int(text, 16) if text.startswith("0x") else int(text)


def _construct_float(loader: _Loader, node: yaml.Node) -> float:
    return float(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


@dataclass(frozen=True)
class Document:
    """One parsed file: plain data, and the line of every path in it."""

    file: Path
    data: object
    lines: dict[Path_, int]


def _walk(node: yaml.Node, path: Path_, file: Path, lines: dict[Path_, int]) -> list[Fault]:
    lines[path] = node.start_mark.line + 1
    faults: list[Fault] = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            step = (*path, str(key.value))
            if step in lines:
                line = key.start_mark.line + 1
                faults.append(Fault(str(file), line, str(key.value), "this key is given twice"))
            faults += _walk(value, step, file, lines)
            lines[step] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            faults += _walk(value, (*path, index), file, lines)
    return faults


def read_yaml(file: Path) -> Document:
    """Read one YAML file.

    Raises:
        InvalidConfigError: the file cannot be read, is not YAML, or gives a key twice.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidConfigError([Fault(str(file), 0, "", reason)]) from error
    except UnicodeDecodeError as error:
        raise InvalidConfigError([Fault(str(file), 0, "", "is not UTF-8 text")]) from error
    lines: dict[Path_, int] = {}
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(file, None, {(): 1})
        faults = _walk(node, (), file, lines)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 0
        raise InvalidConfigError([Fault(str(file), line, "", f"{error.problem}")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidConfigError([Fault(str(file), 0, "", f"is not YAML: {error}")]) from error
    finally:
        loader.dispose()
    if faults:
        raise InvalidConfigError(faults)
    return Document(file, data, lines)
