"""The options of the server: one table gives flags, environment and docs/configuration.md.

A flag wins over its environment variable, which wins over the default.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from summitry.certificates import CertificateFiles
from summitry.sockets import is_loopback
from summitry.web.http.requests import parse_origin


class ConfigError(ValueError):
    """An option has a value that cannot be used."""


class Option(NamedTuple):
    """One option of `summitry-server serve`."""

    name: str  # flag without dashes
    default: str  # "" for none; "no" for a switch
    shape: str  # what the value looks like; "" for a switch
    help: str
    former_name: str = ""  # still read for one release, and not in --help

    @property
    def variable(self) -> str:
        """Return the environment variable that sets the option."""
        return _variable(self.name)

    @property
    def key(self) -> str:
        """Return the name of the option as an attribute of `Config`."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option(
        "store",
        "sqlite:///summitry.db",
        "URL",
        "storage of records: sqlite:///PATH (relative), sqlite:////PATH (absolute) or memory:",
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
        "comma-separated trusted proxies: their X-Forwarded-For names the client whose wrong "
        "tokens are counted, X-Forwarded-Proto and X-Forwarded-Host the address that links use",
    ),
    Option(
        "external-url",
        "",
        "URL",
        "address at which readers reach the feeds, for links: https://feeds.example.org; without "
        "it links use the Host of the request",
    ),
    Option(
        "tls-cert",
        "",
        "FILE",
        "certificate of the server in PEM, with those between it and a root: gRPC and feeds are "
        "served over TLS then; the files are read again when they change",
    ),
    Option("tls-key", "", "FILE", "private key of --tls-cert in PEM, without a passphrase"),
    Option(
        "tls-client-ca",
        "",
        "FILE",
        "authority that signed the certificates of callers, in PEM: gRPC admits no others then",
    ),
    Option("demo", "no", "", "load the Astana 2024 calendar if the store is empty"),
    Option(
        "public",
        "no",
        "",
        "allow addresses that other machines can reach; callers are not authenticated, but for "
        "--tls-client-ca, and traffic is in the clear without --tls-cert",
    ),
    Option(
        "tzdb-dir",
        "",
        "DIR",
        "further releases of the time zone database: one TZif tree, or a folder of several",
    ),
    Option(
        "tzdb",
        "newest",
        "VERSION",
        "release of the time zone database that local times are resolved with: 2026f",
    ),
    Option(
        "rebase",
        "auto",
        "MODE",
        "what to do when zone rules have changed since records were resolved: auto resolves the "
        "affected times again, report lists them in the log, off does nothing",
    ),
    Option("watchers", "4000", "COUNT", "most WatchChanges streams served at a time"),
    Option(
        "watchers-per-connection",
        "100",
        "COUNT",
        "most WatchChanges streams of one connection",
    ),
    Option(
        "heartbeat",
        "15",
        "SECONDS",
        "longest silence on a WatchChanges stream; a CHECKPOINT message is sent then",
        former_name="checkpoint",
    ),
    Option(
        "send-timeout",
        "2",
        "SECONDS",
        "how long a client of WatchChanges may leave a message unread before it is cut off",
        former_name="patience",
    ),
    Option(
        "retention",
        "all",
        "DAYS",
        "retention of superseded versions, for history and for clients that resume a watch; "
        "all retains them forever",
    ),
    Option(
        "purge-after",
        "never",
        "DAYS",
        "how long after deletion a record is purged: removed for good, with all its versions",
    ),
    Option(
        "trust-clock",
        "no",
        "",
        "accept the clock at this start although it is far from the time of the last maintenance",
    ),
    Option(
        "grace",
        "10",
        "SECONDS",
        "how long a shutdown may take; running calls get eight tenths of it to finish",
    ),
)
REBASE = ("auto", "report", "off")
SWITCH = {"1": True, "yes": True, "true": True, "on": True}
SWITCH |= {"": False, "0": False, "no": False, "false": False, "off": False}


class Address(NamedTuple):
    """An address to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return HOST:PORT, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Config(NamedTuple):
    """The options, read and checked."""

    store: str
    grpc: Address
    http: Address | None
    http_proxies: tuple[str, ...]
    external_url: str  # "" for what each request says
    tls: CertificateFiles | None  # None: in the clear
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
    heartbeat: float  # seconds
    send_timeout: float  # seconds


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the flags of the table."""
    for option in OPTIONS:
        note = f"{option.help} (${option.variable}, default {option.default})"
        if option.shape:
            parser.add_argument(f"--{option.name}", metavar=option.shape, help=note)
        else:
            parser.add_argument(f"--{option.name}", action="store_const", const="yes", help=note)
        if option.former_name:
            parser.add_argument(f"--{option.former_name}", dest=option.key, help=argparse.SUPPRESS)


def read_config(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Config:
    """Return the options that flags and environment set. Raises ConfigError naming the option."""
    values = {
        option.key: getattr(arguments, option.key, None)
        or environment.get(option.variable)
        or (option.former_name and environment.get(_variable(option.former_name)))
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
        tls=_certificate_files(values),
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
        heartbeat=_seconds("heartbeat", values["heartbeat"]),
        send_timeout=_seconds("send-timeout", values["send_timeout"]),
    )


def parse_config(argv: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Config:
    """Return the options that a list of flags sets, for use from Python."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return read_config(parser.parse_args(argv), environment or {})


def _variable(name: str) -> str:
    return "SUMMITRY_" + name.replace("-", "_").upper()


def _one_of(name: str, value: str, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ConfigError(f"--{name}: {value!r} is none of {', '.join(choices)}")
    return value


def _origin(name: str, value: str) -> str:
    try:
        return parse_origin(value) if value else ""
    except ValueError as error:
        raise ConfigError(f"--{name}: {error}") from error


def _certificate_files(values: Mapping[str, str]) -> CertificateFiles | None:
    certificate, key, client_ca = (
        values[name] for name in ("tls_cert", "tls_key", "tls_client_ca")
    )
    if not (certificate or key or client_ca):
        return None
    for name, value in (("tls-cert", certificate), ("tls-key", key)):
        if not value:
            raise ConfigError(f"--{name} is missing: TLS needs a certificate and its key")
    return CertificateFiles(Path(certificate), Path(key), Path(client_ca) if client_ca else None)


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
            f"--{name}: other machines can reach {host}, and callers are not authenticated; "
            "use 127.0.0.1, or add --public if you trust the network"
        )
    return Address(host, int(port))
