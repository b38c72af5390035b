"""The services of a compose file that publish ports; pure.

Source: the Compose specification, `services.ports` (short and long form) and interpolation.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from skillconnect_ops.commands.init.model import Service

_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")
_SHORT = re.compile(r"(?:(?P<host>\[[^\]]+\]|[^:]+):)??(?:(?P<published>\d+):)?(?P<target>\d+)")
_EVERYWHERE = {"", "0.0.0.0", "[::]", "::", "localhost"}  # noqa: S104 - compared, never bound


class _Loader(yaml.SafeLoader):
    """The safe loader, to which Compose's own tags (`!reset`, `!override`) mean nothing."""


def _untagged(loader: _Loader, _tag: str, node: yaml.Node) -> object:
    match node:
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case _:
            return None


_Loader.add_multi_constructor("!", _untagged)


def services(text: str, *, file: str) -> tuple[Service, ...]:
    """The services that publish at least one port.

    Raises:
        ValueError: this is no compose file.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe one
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ValueError("it is not YAML") from error
    if not isinstance(document, dict) or not isinstance(document.get("services"), dict):
        return ()
    found = (
        _service(file, str(name), settings)
        for name, settings in document["services"].items()
        if isinstance(settings, dict)
    )
    return tuple(service for service in found if service.ports)


def _service(file: str, name: str, settings: Mapping[str, Any]) -> Service:
    ports = settings.get("ports")
    published = (_port(port) for port in (ports if isinstance(ports, list) else ()))
    return Service(
        file=file,
        name=name,
        aliases=tuple(dict.fromkeys(_aliases(name, settings))),
        ports=dict(pair for pair in published if pair is not None),
    )


def _aliases(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    yield name
    for key in ("container_name", "hostname"):
        if isinstance(settings.get(key), str):
            yield settings[key]
    networks = settings.get("networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        aliases = network.get("aliases") if isinstance(network, dict) else None
        yield from (str(alias) for alias in (aliases if isinstance(aliases, list) else ()))


def _port(port: object) -> tuple[int, str] | None:
    """Port in the container and `host:port` here, where one fixed port is published."""
    if isinstance(port, dict):
        target, published = str(port.get("target", "")), str(port.get("published", ""))
        host = str(port.get("host_ip", ""))
    else:
        text = _DEFAULT.sub(r"\1", str(port)).removesuffix("/tcp")
        match = _SHORT.fullmatch(text)
        if match is None:
            return None
        host, published, target = match["host"] or "", match["published"] or "", match["target"]
    published = _DEFAULT.sub(r"\1", published)
    if not (_is_port(target) and _is_port(published)):
        return None
    here = "127.0.0.1" if host in _EVERYWHERE else host
    return int(target), f"{here}:{int(published)}"


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536
