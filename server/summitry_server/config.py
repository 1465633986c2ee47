"""The options of the server: one table gives flags, environment and docs/configuration.md.

A flag wins over its environment variable, which wins over the default.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from summitry.sockets import is_loopback
from summitry.web.feeds.origins import parse_origin


class ConfigError(ValueError):
    """An option has a value that cannot be used."""


class Option(NamedTuple):
    """One option of `summitry-server serve`."""

    name: str  # flag without dashes
    default: str  # "" for none; "no" for a switch
    shape: str  # what the value looks like; "" for a switch
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that gives it."""
        return "SUMMITRY_" + self.name.replace("-", "_").upper()

    @property
    def key(self) -> str:
        """Its name as an attribute."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option(
        "store",
        "sqlite:///summitry.db",
        "URL",
        "where records are kept: sqlite:///PATH (relative), sqlite:////PATH (absolute) or memory:",
    ),
    Option("grpc", "127.0.0.1:50051", "HOST:PORT", "where gRPC is served; port 0 takes a free one"),
    Option(
        "http",
        "127.0.0.1:8080",
        "HOST:PORT",
        "where feeds are served; port 0 takes a free one, off serves none",
    ),
    Option(
        "http-proxies",
        "",
        "ADDRESSES",
        "comma-separated trusted proxies: their X-Forwarded-For tells who guesses secrets, "
        "X-Forwarded-Proto and X-Forwarded-Host which address links name",
    ),
    Option(
        "external-url",
        "",
        "URL",
        "where readers reach the feeds, for links: https://feeds.example.org; without it the Host "
        "that the reader asked for",
    ),
    Option("demo", "no", "", "load the Astana 2024 calendar if the store is empty"),
    Option(
        "public",
        "no",
        "",
        "allow addresses that others can reach; the traffic is neither encrypted nor authenticated",
    ),
    Option(
        "tzdb-dir", "", "DIR", "more releases of the time zone database: a TZif tree or several"
    ),
    Option("tzdb", "newest", "VERSION", "release of the time zone database to resolve by: 2026f"),
    Option(
        "rebase",
        "auto",
        "MODE",
        "when rules of zones have changed since records were resolved: auto moves what they move, "
        "report lists it in the log, off does nothing",
    ),
    Option("watchers", "4000", "COUNT", "how many WatchChanges streams are served at a time"),
    Option("watchers-per-connection", "100", "COUNT", "and how many of one connection"),
    Option(
        "checkpoint",
        "15",
        "SECONDS",
        "how long a WatchChanges stream may be silent; a sign of life comes then",
    ),
    Option(
        "patience",
        "2",
        "SECONDS",
        "how long a client of WatchChanges may leave a message unread before it is cut off",
    ),
    Option(
        "retention",
        "all",
        "DAYS",
        "how long superseded versions are kept, for history and for followers that were away; all "
        "keeps them for ever",
    ),
    Option(
        "purge-after",
        "never",
        "DAYS",
        "how long after their deletion records are purged: removed for good, with all versions",
    ),
    Option(
        "trust-clock",
        "no",
        "",
        "believe the clock at this start though it is far from the time of the last upkeep",
    ),
    Option(
        "grace",
        "10",
        "SECONDS",
        "how long a stop may take in all; calls under way have eight tenths of it to finish",
    ),
)
REBASE = ("auto", "report", "off")
SWITCH = {"1": True, "yes": True, "true": True, "on": True}
SWITCH |= {"": False, "0": False, "no": False, "false": False, "off": False}


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        """HOST:PORT, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Config(NamedTuple):
    """The options, read and checked."""

    store: str
    grpc: Address
    http: Address | None
    http_proxies: tuple[str, ...]
    external_url: str  # "" for what each request says
    demo: bool
    grace: float
    tzdb_dir: Path | None
    tzdb: str  # "" for the newest
    rebase: str
    retention: int  # days; 0 for ever
    purge_after: int  # days; 0 never
    trust_clock: bool
    watchers: int
    watchers_per_connection: int
    checkpoint: float
    patience: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the flags of the table."""
    for option in OPTIONS:
        note = f"{option.help} (${option.variable}, default {option.default})"
        if option.shape:
            parser.add_argument(f"--{option.name}", metavar=option.shape, help=note)
        else:
            parser.add_argument(f"--{option.name}", action="store_const", const="yes", help=note)


def read_config(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Config:
    """The options from flags and environment. Raises ConfigError by the name of the option."""
    values = {
        option.key: getattr(arguments, option.key, None)
        or environment.get(option.variable)
        or option.default
        for option in OPTIONS
    }
    public = _switch("public", values["public"])
    http = None if values["http"] == "off" else _address("http", values["http"], public)
    return Config(
        store=values["store"],
        grpc=_address("grpc", values["grpc"], public),
        http=http,
        http_proxies=tuple(filter(None, map(str.strip, values["http_proxies"].split(",")))),
        external_url=_origin("external-url", values["external_url"]),
        demo=_switch("demo", values["demo"]),
        grace=_seconds("grace", values["grace"]),
        tzdb_dir=Path(values["tzdb_dir"]) if values["tzdb_dir"] else None,
        tzdb="" if values["tzdb"] == "newest" else values["tzdb"],
        rebase=_one_of("rebase", values["rebase"], REBASE),
        retention=_count("retention", values["retention"], none="all"),
        purge_after=_count("purge-after", values["purge_after"], none="never"),
        trust_clock=_switch("trust-clock", values["trust_clock"]),
        watchers=_count("watchers", values["watchers"]),
        watchers_per_connection=_count(
            "watchers-per-connection", values["watchers_per_connection"]
        ),
        checkpoint=_seconds("checkpoint", values["checkpoint"]),
        patience=_seconds("patience", values["patience"]),
    )


def parse_config(argv: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Config:
    """The options from a list of flags, for use from Python."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return read_config(parser.parse_args(argv), environment or {})


def _one_of(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise ConfigError(f"--{name}: {value!r} is none of {', '.join(known)}")
    return value


def _origin(name: str, value: str) -> str:
    try:
        return parse_origin(value) if value else ""
    except ValueError as error:
        raise ConfigError(f"--{name}: {error}") from error


def _switch(name: str, value: str) -> bool:
    if value.lower() not in SWITCH:
        raise ConfigError(f"--{name}: {value!r} is neither yes nor no")
    return SWITCH[value.lower()]


def _count(name: str, value: str, none: str = "") -> int:
    if value == none:
        return 0
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= 1_000_000):
        raise ConfigError(f"--{name}: {value!r} is not a number from 1 to 1000000")
    return int(value)


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise ConfigError(f"--{name}: {value!r} is not a number of seconds up to 3600")
    return seconds


def _address(name: str, value: str, public: bool) -> Address:
    host, colon, port = value.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"--{name}: {value!r} is not HOST:PORT, such as 127.0.0.1:0")
    if not public and not is_loopback(host):
        raise ConfigError(
            f"--{name}: {host} can be reached by others, and nothing here asks who they are; "
            "use 127.0.0.1, or add --public if the network is yours"
        )
    return Address(host, int(port))
