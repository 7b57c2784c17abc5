"""One frozen settings object, from `dragoman.toml` and `DRAGOMAN_*` variables; every default is safe."""

from __future__ import annotations

import ipaddress
import os
import re
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from .bases import Mounts, read_former, read_mounts
from .errors import SettingsError

_TOKEN_MAX_S = 1_209_600
_PASSWORD_MEMORY_MIB = range(19, 4_097)
"""19 MiB in two passes is the least that OWASP's Password Storage Cheat Sheet has for Argon2id."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the settings; an unknown name in it is an error."""


class Http(Section, frozen=True, kw_only=True):
    """Limits and deadlines of connections; what is past them is refused or closed."""

    request_line_max_bytes: int = 8_192
    header_max_bytes: int = 16_384
    headers_max: int = 100
    body_max_bytes: int = 1_048_576
    header_timeout_s: float = 10.0
    """From the first byte of a request, or the opening of a connection, to the end of its head."""
    idle_timeout_s: float = 30.0
    """Between two requests of one connection."""
    body_timeout_s: float = 30.0
    """From the head to the end of the body."""
    write_timeout_s: float = 30.0
    """How long a client may take nothing of an answer that waits for it."""
    stop_timeout_s: float = 30.0
    """How long requests under way may take to finish when the server stops."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose `X-Forwarded-For`, `-Proto` and `-Host` are believed."""


class Publishing(Section, frozen=True, kw_only=True):
    """How editions are made and kept."""

    keep: int = 3
    """How many editions of a catalog stay for `rollback`, the current one included."""
    compress_max_bytes: int = 67_108_864
    """Lists larger than this are not compressed ahead."""
    versions_max_bytes: int = 1_073_741_824
    """How much the records of old versions may take in one edition; those asked for most are compiled first."""
    versions_calls_min: int = 100
    """How often an old version of a resource was asked for in a week at least where it is compiled."""


class Memory(Section, frozen=True, kw_only=True):
    """Bounds of the caches of one process."""

    listings_max_bytes: int = 67_108_864
    """Positions of filtered and sorted lists."""
    encoded_max_bytes: int = 67_108_864
    """Compressed answers."""
    rendered_max_bytes: int = 67_108_864
    """Records of old versions and with chosen fields."""


class Limits(Section, frozen=True, kw_only=True):
    """How much may be asked: `20/s` admits twenty at once and twenty a second, `5/s burst 300` five a second and three
    hundred at once, `100000/d` a day's quota; an empty text sets no limit."""

    address: str = "5/s burst 300"
    """Of one address without a key; IPv6 by networks of 64 bits."""
    key: str = "10/s burst 300"
    """Of one key that belongs to no application."""
    server: str = "20/s"
    """Of one application of the type server (L6)."""
    standalone: str = "10/s"
    """Of one application of the type standalone (L6)."""
    quota: str = ""
    """Of one application, beside its rate: `100000/d`."""
    client: str = ""
    """Of one address through one application, beside the application's rate."""
    wrong_keys: str = "1/s burst 60"
    """How many wrong keys one address may try."""


class Mail(Section, frozen=True, kw_only=True):
    """How letters leave: by SMTP where a host is named, else into files below `mail` in the data directory."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = ""
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = "dragoman@localhost"
    """The address that letters come from."""


class SignIn(Section, frozen=True, kw_only=True):
    """A place whose accounts may sign in here: an OpenID Connect provider, or an OAuth 2 one with its addresses."""

    name: str
    """What the button says."""
    client_id: str
    client_secret: str
    issuer: str = ""
    """The address of an OpenID Connect provider, under which `/.well-known/openid-configuration` is found."""
    authorize_url: str = ""
    """The three addresses of a provider that speaks OAuth 2 alone."""
    token_url: str = ""
    profile_url: str = ""
    scope: tuple[str, ...] = ("openid", "profile", "email")
    subject: str = "sub"
    """The claim, or the name in the profile, that is the account's id in the publisher's data."""


class Room(Section, frozen=True, kw_only=True):
    """The Developer Room: whose it is, and what people may do there by themselves."""

    publisher: str = ""
    """The publisher's name; that of the catalogs by default."""
    logo: str = ""
    """A picture (SVG, PNG, JPEG, WebP), shown beside the name."""
    contact: str = ""
    """Where developers turn to: a mail address, or a page."""
    sign_up: bool = True
    """Whether anybody may open an account."""
    applications_max: int = 10
    """How many applications one account may own."""
    addresses_max: int = 5
    """How many entries the address list of a server application may have."""
    keys_max: int = 100
    """How many living keys one account may have."""
    token_max_s: int = 1_209_600
    """For how long an application may act for an account before it has to renew its access token: at most two weeks (L11)."""
    usage_s: int = 3_600
    """How often it is looked which applications use a deprecated version of the schema, whose owners are then written to."""
    password_memory_mib: int = 100
    """How much memory it takes to try one password, so that a stolen digest is hard to guess: 19 to 4096."""
    issue: dict[Literal["gw2", "api-token", "user-token", "remote-auth"], Literal["self", "ask", "operator"]] = {}
    """Who makes keys, by kind: their owner (the default), an operator when asked, or an operator alone (D11)."""


class Statistics(Section, frozen=True, kw_only=True):
    """How much is kept of what was asked."""

    minutes_days: int = 2
    """For how many days calls are told by the minute; older ones by the hour."""
    hours_days: int = 60
    """For how many days they are told by the hour; older ones by the day."""
    days_days: int = 1_095
    """For how many days they are told at all."""
    calls_max: int = 200
    """How many of its last calls are kept of each application and key."""
    calls_days: int = 14
    """For how many days at most."""


class Live(Section, frozen=True, kw_only=True):
    """How sources are asked while a client waits."""

    timeout_s: float = 10.0
    """How long one question may take."""
    connections_max: int = 5
    """How many questions one database, file or function may be asked at once."""
    retry_s: float = 1.0
    """For how long a source that cannot be reached is left alone before it is asked again."""
    rows_max: int = 10_000
    """How many records one answer may hold where no page is asked for."""
    scan_max: int = 100_000
    """How many rows may be compared one by one, where a database cannot compare them itself."""

    def __post_init__(self) -> None:
        if not (self.timeout_s > 0 and self.retry_s >= 0 and min(self.connections_max, self.rows_max, self.scan_max) >= 1):
            raise ValueError("limits of live resources are at least 1, and times more than 0.")


class Methods(Section, frozen=True, kw_only=True):
    """How methods are called."""

    threads_max: int = 64
    """How many that block run at once in each worker; others wait, within their own time."""

    def __post_init__(self) -> None:
        if self.threads_max < 1:
            raise ValueError("methods.threads_max is at least 1.")


class Webmaster(Section, frozen=True, kw_only=True):
    """The webmaster dialect."""

    http_status: bool = False
    """Whether the status of an answer is that of HTTP, too, where a request does not say (W7)."""


class Operations(Section, frozen=True, kw_only=True):
    """How long operations are run and kept."""

    processes: int = 1
    """How many worker processes a server brings along, where a catalog has operations; 0 where `dragoman worker` runs apart."""
    lease_s: float = 30.0
    """How long a worker that is not heard of keeps what it works on."""
    heartbeat_s: float = 5.0
    """How often a worker is heard of."""
    attempts_max: int = 3
    """How often an operation is begun whose workers are lost."""
    retry_s: float = 1.0
    """How long it waits before the second attempt; before each further one twice as long."""
    retry_max_s: float = 60.0
    """How long it waits at most."""
    living_max: int = 20
    """How many that have not ended one account, application or key may have."""
    result_max_bytes: int = 268_435_456
    """How large the result of one may be, as JSON."""
    kept_days: float = 7.0
    """For how many days an operation that has ended is kept, with its result."""

    @property
    def kept_s(self) -> float:
        """The same in seconds."""
        return self.kept_days * 86_400

    def __post_init__(self) -> None:
        if not 0 < self.heartbeat_s < self.lease_s:
            raise SettingsError("operations.heartbeat_s is more than 0, and less than operations.lease_s.")
        if not (self.processes >= 0 and min(self.attempts_max, self.living_max) >= 1 and 0 <= self.retry_s <= self.retry_max_s):
            raise SettingsError("operations: attempts_max and living_max are at least 1, and retry_s is at most retry_max_s.")
        if self.result_max_bytes < 1:
            raise SettingsError("operations.result_max_bytes is at least 1.")
        if not 1 <= self.kept_days <= 36_500:
            raise SettingsError("operations.kept_days is at least 1, since idempotency keys hold as long.")


class Cluster(Section, frozen=True, kw_only=True):
    """One cluster of data, chosen by host."""

    hosts: tuple[str, ...] = ()


class Settings(Section, frozen=True, kw_only=True):
    """Everything that an operator may set."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: str = "dragoman-data"
    workers: int = 1
    tls_cert: str = ""
    """A certificate chain in PEM; with it, only HTTPS is spoken."""
    tls_key: str = ""
    """The key of the certificate, in PEM."""
    base_url: str = ""
    """The public address, where it differs from what requests say: `https://api.example.org`. Kept without a slash at its end."""
    database_url: str = ""
    """The PostgreSQL database of accounts and keys, `postgresql://user@host/name`; an SQLite file by default."""
    secret_key: str = ""
    """What digests of keys, sessions and links depend on, the same on every node; made once for a single node."""
    credentials_stale_max_s: float = 10.0
    """For how long keys are still taken when their database does not answer."""
    mounts: dict[str, str | tuple[str, ...]] = {}
    """Where a dialect answers, by its name, for all endpoints together: `{"gw2": "/v2"}`; or where it answered before, too, each with
    its last day: `{"gw2": ["/v3", "/v2 until 2027-01-31"]}` (D10)."""
    former_hosts: tuple[str, ...] = ()
    """Hosts of earlier public addresses, each with its last day: `old.example.org until 2027-01-31` (D10)."""
    cache_max_age_s: int = 60
    """For how long a cache may keep a published answer without asking again."""
    access_log: bool | None = None
    """Whether each answer is a line of the log; unset, it is where standard error is no terminal."""
    http: Http = Http()
    publishing: Publishing = Publishing()
    memory: Memory = Memory()
    limits: Limits = Limits()
    valkey_url: str = ""
    """The Valkey or Redis that several nodes share limits through: `redis://host:6379/0`."""
    mail: Mail = Mail()
    room: Room = Room()
    sign_in: dict[str, SignIn] = {}
    """Where else people may come from, by a short name that stands in addresses."""
    live: Live = Live()
    methods: Methods = Methods()
    webmaster: Webmaster = Webmaster()
    operations: Operations = Operations()
    statistics: Statistics = Statistics()
    clusters: dict[str, Cluster] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "base_url", self.base_url.rstrip("/"))     # so that a path can follow
        for name, given in self.mounts.items():
            _check_mount(name)
            read_mounts(given, f"mounts.{name}")
        for text in self.former_hosts:
            read_former(text, "former_hosts")
        if not 0 <= self.port <= 65_535 or self.workers < 1:
            raise SettingsError("port is from 0 to 65535, and workers at least 1.")
        if not 1 <= self.room.token_max_s <= _TOKEN_MAX_S:
            raise SettingsError(f"room.token_max_s: an access token is good for 1 to {_TOKEN_MAX_S} seconds, which is two weeks.")
        if self.room.password_memory_mib not in _PASSWORD_MEMORY_MIB:
            raise SettingsError("room.password_memory_mib: a password takes 19 to 4096 MiB; with less, digests are guessed too fast.")
        for name, provider in self.sign_in.items():
            _check_sign_in(name, provider)
        for network in self.http.trusted_proxies:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise SettingsError(f"http.trusted_proxies: {network!r} is no address or network.") from None

    def bases(self) -> dict[str, Mounts]:
        """Where each dialect answers that has one place for all catalogs, by its name."""
        return {name: read_mounts(given, f"mounts.{name}") for name, given in {**_MOUNTS, **self.mounts}.items()}


_MOUNTS: dict[str, str | tuple[str, ...]] = {"gw2": "/v2", "dast": "/api", "webmaster": "/api/rest"}


def _check_mount(name: str) -> None:
    if name not in _MOUNTS:
        raise SettingsError(f"mounts.{name}: only {', '.join(_MOUNTS)} can be moved for all catalogs together; in lesta each catalog "
                            "answers at its api_name, which it says itself.")


def _check_sign_in(name: str, provider: SignIn) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name):
        raise SettingsError(f"sign_in.{name}: name it with small letters, digits, - and _, since it stands in addresses.")
    given = [provider.issuer] if provider.issuer else [provider.authorize_url, provider.token_url, provider.profile_url]
    if not all(given):
        raise SettingsError(f"sign_in.{name}: give its issuer, or authorize_url, token_url and profile_url.")
    for address in given:
        url = urlsplit(address)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1")):
            raise SettingsError(f"sign_in.{name}: {address!r} is no https address; whoever listens could sign in as anybody.")


def load(file: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Join a TOML file, `DRAGOMAN_*` variables (`DRAGOMAN_HTTP__BODY_MAX_BYTES`) and what was given on the command
    line, each before it weaker. Raises `SettingsError` that names the setting and where it stands."""
    environment = os.environ if environment is None else environment
    file = file or (Path("dragoman.toml") if Path("dragoman.toml").exists() else None)
    values = _read_file(file) if file else {}
    _merge(values, _read_environment(environment))
    _merge(values, {name: value for name, value in given.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{file or 'the settings'}: {error}") from None


def _read_file(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.toml.decode(file.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file}: {error}") from None
    return found


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """`DRAGOMAN_PORT=80` as `{"port": "80"}`, `DRAGOMAN_HTTP__HEADERS_MAX=9` as a section; lists by comma."""
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith("DRAGOMAN_"):
            continue
        section, _, name = variable[len("DRAGOMAN_"):].lower().rpartition("__")
        owner: Any = typing.get_type_hints(Settings).get(section) if section else Settings
        if not (isinstance(owner, type) and issubclass(owner, Section)) or name not in owner.__struct_fields__:
            continue                        # variables of other parts, such as a catalog's own database URL
        listed = typing.get_origin(typing.get_type_hints(owner)[name]) is tuple
        value = [part.strip() for part in text.split(",") if part.strip()] if listed else text
        _merge(values, {section: {name: value}} if section else {name: value})
    return values


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value
