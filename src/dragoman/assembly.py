"""The only place that names implementations: catalogs, sources, dialects and stores are put together here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .bases import read_former
from .catalog import introspect, rendering
from .catalog.catalog import Catalog
from .catalog.module import load_module
from .catalog.names import check_names, check_own
from .catalog.origin import File, Origin, Rows, Table
from .contracts import Answerer, CredentialStore, Dialect, Format, Meter, SignIns, Source, SourceKind, Switches, Transactions
from .credentials import fingerprint
from .credentials.allowances import Allowances
from .credentials.follower import Follower
from .credentials.ledger import open_ledger
from .credentials.redaction import redact
from .credentials.register import Register
from .credentials.secrets import Digester, load_key
from .credentials.switches import Switches as SwitchesInMemory
from .credentials.uses import UseKeeper
from .dialects.dast import Dast
from .dialects.gw2 import Gw2
from .dialects.lesta import Lesta
from .dialects.webmaster import Webmaster
from .editions import publish as publishing
from .editions import texts
from .editions.fingerprint import forms_of
from .editions.store import Editions
from .errors import SettingsError, SourceUnavailable
from .formats.csv import CsvFormat
from .formats.json import JsonFormat
from .formats.xml_writing import XmlFormat
from .limits.leased import LeasedMeter
from .limits.memory import MemoryMeter
from .limits.shared import SharedMeter
from .observations import Observe, StatisticsUnread
from .operations import own
from .operations.doorbells import Doorbell, open_doorbell
from .operations.jobs import JobQueue
from .operations.store import OperationStore
from .operations.tables import operations_file
from .pipeline import live
from .pipeline.answer import Pipeline
from .pipeline.calls import Calls
from .pipeline.encoding import Encoder
from .pipeline.execute import Executor
from .pipeline.former import FormerBases, Moved
from .pipeline.gate import Gate
from .pipeline.operating import Operating
from .pipeline.rendered import Rendering
from .pipeline.results import Showing
from .pipeline.turns import CallTurn
from .plane import Plane
from .query import Rate, read_rate
from .serving.runtime import AsyncioRuntime
from .settings import Live, Settings
from .sources import detect
from .sources.databases import expand, url_of
from .sources.files import FileSources
from .sources.function import FunctionSources
from .sources.sql import SqlSources
from .sources.writing import SqlTransactions
from .statistics import demand
from .statistics.counting import Counter
from .statistics.places import Place
from .statistics.recorder import Recorder

FORMATS: tuple[Format, ...] = (JsonFormat(), XmlFormat(), CsvFormat())
"""Every form that answers are written in; the first where nothing else is asked for."""


def source_kinds(limits: Live) -> Mapping[type[Origin], SourceKind]:
    """Which implementation opens which declared origin, and within which limits it is asked while a client waits."""
    return {Table: SqlSources(limits), File: FileSources(limits), Rows: FunctionSources(limits)}


def dialects(settings: Settings, sign_ins: SignIns | None = None) -> list[Dialect]:
    """Every dialect that a server speaks, where the settings mount it; people sign in through those that have a way of their
    own where `sign_ins` are kept."""
    bases = settings.bases()
    return [Gw2(bases["gw2"].current, max_age_s=settings.cache_max_age_s), Lesta(sign_ins), Dast(bases["dast"].current),
            Webmaster(FORMATS, bases["webmaster"].current, http_status=settings.webmaster.http_status,
                      max_age_s=settings.cache_max_age_s, base_url=settings.base_url)]


# -------------------------------------------------------------------------------------------- catalogs


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What was last served from a data directory, so that `publish` knows it without being told."""

    sources: tuple[str, ...]
    name: str | None = None


def load_catalogs(
    arguments: Sequence[str], name: str | None, settings: Settings, *, history: bool = True,
) -> tuple[list[Catalog], list[str]]:
    """The catalogs of catalog files and of data published without code, and the choices made for the latter; `history` as in
    `Catalog.load`.

    Raises `DeclarationError` or `SettingsError` with the remedy.
    """
    if not arguments:
        raise SettingsError("Nothing to serve: name a catalog (.py), a data file, a folder or a database URL.")
    modules = [argument for argument in arguments if argument.endswith(".py")]
    catalogs = [catalog for module in modules for catalog in _load_file(module, history=history)]
    choices: list[str] = []
    data = [argument for argument in arguments if argument not in modules]
    if data:
        catalog, choices = _catalog_of_data(data, name, settings)
        catalogs.append(catalog)
    _check_unique(catalogs)
    return catalogs, choices


def _load_file(argument: str, *, history: bool) -> list[Catalog]:
    file = Path(argument)
    if not file.is_file():
        raise SettingsError(f"{argument}: there is no such file.")
    return load_module(file, history=history)


def _catalog_of_data(data: Sequence[str], name: str | None, settings: Settings) -> tuple[Catalog, list[str]]:
    found = [each for argument in data for each in detect.find(argument)]
    reserved = frozenset().union(*(dialect.reserved | dialect.reserved_in_lists for dialect in dialects(settings)))
    catalog, choices = introspect.catalog_of(name or detect.name_of(data[0]), found, reserved)
    return catalog.load(), choices


def _check_unique(catalogs: Sequence[Catalog]) -> None:
    names = [catalog.name for catalog in catalogs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"Two catalogs are named {twice!r}: rename one, or choose with --name.")


def remember(data_dir: Path, served: Served) -> None:
    """Note what is served, for `publish`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    absolute = tuple(str(Path(each).resolve()) if Path(each).exists() else each for each in served.sources)
    aside = data_dir / "served.json.new"
    aside.write_bytes(msgspec.json.encode(msgspec.structs.replace(served, sources=absolute)))
    aside.rename(data_dir / "served.json")


def recall(data_dir: Path) -> Served:
    """What was last served. Raises `SettingsError` where nothing was."""
    try:
        return msgspec.json.decode((data_dir / "served.json").read_bytes(), type=Served)
    except FileNotFoundError:
        raise SettingsError(
            f"Nothing was served from {data_dir} yet: name the catalog, file, folder or database to publish.",
        ) from None


# -------------------------------------------------------------------------------------------- publication


Shop = tuple[Catalog, str, dict[str, Source]]
"""One catalog in one cluster, with the open source of each of its resources."""


def open_sources(catalogs: Sequence[Catalog], settings: Settings) -> list[Shop]:
    """Open every source. Raises `DeclarationError` for one that can never be opened."""
    kinds = source_kinds(settings.live)
    return [(catalog, cluster, {path: kinds[type(resource.origin)].open(catalog, resource, cluster)
                                for path, resource in catalog.resources.items()})
            for catalog in catalogs for cluster in catalog.clusters]


def publish(shops: Sequence[Shop], settings: Settings, observe: Observe, progress: Any) -> list[str]:
    """Publish each; the ids of the new editions. Raises `PublicationError` at the first that does not fit."""
    data_dir, calls = Path(settings.data_dir), _calls_by_version(shops, settings, observe)
    return [
        publishing.publish(catalog, cluster, sources, data_dir, settings, observe, progress,
                           demand.used_stages(catalog, calls, settings.publishing.versions_calls_min))
        for catalog, cluster, sources in shops
    ]


def _calls_by_version(shops: Sequence[Shop], settings: Settings, observe: Observe) -> demand.Counts:
    """What was asked for of late, where there are old versions; nothing where statistics cannot be read, without which all is published
    as well."""
    if not any(catalog.timeline.versions for catalog, _, _ in shops):
        return {}
    try:
        return demand.calls_by_version(Place(settings.database_url, Path(settings.data_dir)))
    except SourceUnavailable as error:
        observe(StatisticsUnread(error=str(error)))
        return {}


def untranslated(shops: Sequence[Shop]) -> list[dict[str, Any]]:
    """What has no text of its own in a language, by catalog, cluster, resource, field and language, read from the sources."""
    return [texts.facts(catalog.name, cluster, each) for catalog, cluster, sources in shops
            for each in texts.untranslated(catalog, sources)]


def outdated(shops: Sequence[Shop], settings: Settings) -> list[Shop]:
    """What has to be published before it can be served as it is now."""
    data_dir = Path(settings.data_dir)
    return [shop for shop in shops if publishing.needs_publishing(*shop, data_dir) is not None]


def list_editions(settings: Settings) -> list[dict[str, Any]]:
    """Every edition that is kept, with its catalog and cluster, the newest first."""
    data_dir = Path(settings.data_dir)
    return [{"catalog": catalog, "cluster": cluster, **each._asdict()} for catalog, cluster in _places(data_dir)
            for each in publishing.editions(data_dir, catalog, cluster)]


def roll_back(settings: Settings, catalog: str | None, cluster: str | None, to: str | None) -> list[dict[str, Any]]:
    """Go back to an older edition of what is named, or of everything; what is current then, and the resources whose records looked
    otherwise when it was made (`unlike`)."""
    data_dir = Path(settings.data_dir)
    chosen = [place for place in _places(data_dir) if catalog in (None, place[0]) and cluster in (None, place[1])]
    if not chosen:
        raise SettingsError(f"Nothing was published in {data_dir} that could be rolled back.")
    back = [(*each, publishing.rollback(data_dir, *each, to)) for each in chosen]
    return [{"catalog": catalog, "cluster": cluster, "edition": id, "unlike": publishing.unlike_newest(data_dir, catalog, cluster, id)}
            for catalog, cluster, id in back]


def _places(data_dir: Path) -> list[tuple[str, str]]:
    """The catalogs and clusters with editions in a data directory."""
    return sorted((path.parent.parent.name, path.parent.name) for path in data_dir.glob("editions/*/*/current"))


def source_text(catalog: Catalog) -> str:
    """A catalog as editable Python."""
    return rendering.source_text(catalog)


# -------------------------------------------------------------------------------------------- the data plane


def open_register(settings: Settings, observe: Observe) -> tuple[Register, Switches, tuple[Follower, UseKeeper]]:
    """What keys are worth, what is switched off, and what keeps both up to date, and writes of uses, once it is started.

    Raises `SettingsError` for a secret key that is not the one of the database."""
    data_dir = Path(settings.data_dir)
    server, standalone, quota, key = _rates(settings, "server", "standalone", "quota", "key")
    digester = Digester(load_key(settings.secret_key, data_dir))
    reading, writing = (open_ledger(settings.database_url, data_dir) for _ in range(2))
    fingerprint.check(reading, digester)
    register = Register(
        digester, stale_max_s=settings.credentials_stale_max_s,
        allowances=Allowances(server=server, standalone=standalone, quota=quota, key=key),
    )
    switches = SwitchesInMemory()
    return register, switches, (Follower(reading, register, switches, observe), UseKeeper(writing, register, observe))


def _rates(settings: Settings, *names: str) -> list[Rate | None]:
    """Limits by their names in the settings. Raises `SettingsError`."""
    return [read_rate(getattr(settings.limits, name), f"limits.{name}") for name in names]


def open_meter(settings: Settings, observe: Observe) -> tuple[Meter, LeasedMeter | None]:
    """What counts, as far as it has to be shared; and what has to be started for that in each process.

    Raises `SettingsError` for a store that cannot be used.
    """
    meter: Meter = MemoryMeter()
    if settings.workers > 1 or settings.valkey_url:
        meter = SharedMeter(Path(settings.data_dir) / "limits.map")
    if not settings.valkey_url:
        return meter, None
    try:
        leased = LeasedMeter(settings.valkey_url, meter, observe)
    except ImportError:
        raise SettingsError("valkey_url needs its driver: install dragoman[valkey].") from None
    except ValueError as error:
        raise SettingsError(f"valkey_url: {error}") from None
    return leased, leased


def open_statistics(settings: Settings, observe: Observe) -> tuple[Counter, Recorder]:
    """What counts calls, and what has to be started in each process to keep the counts."""
    counter = Counter(settings.statistics.calls_max, redact=redact)
    place = Place(settings.database_url, Path(settings.data_dir))
    return counter, Recorder(counter, place, settings.statistics, observe)


def assemble(
    shops: Sequence[Shop], settings: Settings, observe: Observe, credentials: CredentialStore,
    meter: Meter | None = None, switches: Switches | None = None, sign_ins: SignIns | None = None,
) -> Plane:
    """Put a data plane together; with a meter of its own where none is given, nothing switched off without `switches`, and
    nobody signed in by a dialect without `sign_ins`.

    Raises `DeclarationError` where names clash.
    """
    catalogs = list({shop[0].name: shop[0] for shop in shops}.values())
    store = _open_store(settings)
    operations = _operations_in(store, settings)
    shown = [*catalogs, *_own_catalogs(catalogs, operations)]
    spoken = dialects(settings, sign_ins)
    check_names({dialect.name: dialect.bind(shown, credentials, switches) for dialect in spoken}, shown, spoken)
    data_dir = Path(settings.data_dir)
    editions = Editions(data_dir, [(shop[0].name, shop[1]) for shop in shops], settings.memory, observe,
                        _forms(catalogs))
    sources = {(catalog.name, cluster, path): source for catalog, cluster, opened in shops
               for path, source in opened.items()}
    runtime, showing = AsyncioRuntime(settings.methods.threads_max), Showing()
    calls = Calls(runtime, _databases(shops), store, showing)
    operating = Operating(operations, calls, showing, runtime, observe)
    executor = Executor(editions, live.Live(sources, settings.live.rows_max), calls, operating, runtime,
                        Rendering(settings.memory.rendered_max_bytes))
    address, wrong_keys, client = _rates(settings, "address", "wrong_keys", "client")
    gate = Gate(credentials, meter or MemoryMeter(), address, wrong_keys=wrong_keys, client=client)
    served = [*shown, *(catalog for dialect in spoken for catalog in dialect.own)]
    targets = {(catalog.name, target.path): (catalog, target) for catalog in served for target in catalog.targets}
    pipeline = Pipeline(targets, spoken, gate, executor, Encoder(settings.memory.encoded_max_bytes), observe,
                        settings.http.body_max_bytes,
                        formats=FORMATS, switches=switches, hears_host=bool(settings.clusters and settings.http.trusted_proxies),
                        changelog=f"{settings.base_url}/room/changelog/")
    return Plane(_with_former(pipeline, settings, spoken), editions, catalogs, spoken, operations if len(shown) > len(catalogs) else None)


def _forms(catalogs: Sequence[Catalog]) -> dict[str, dict[str, str]]:
    """What records look like by the catalogs that say so; what is published without code looks as its data do, from edition to edition."""
    return {catalog.name: forms_of(catalog) for catalog in catalogs if catalog.file is not None}


def _open_store(settings: Settings) -> Transactions:
    """The database of operations, and of the idempotency keys of methods that write nowhere we know."""
    url = settings.database_url or f"sqlite:///{operations_file(Path(settings.data_dir))}"
    return SqlTransactions(expand(url, Path.cwd()), create=True)


def open_operations(settings: Settings) -> OperationStore:
    """The long operations of a data directory, or of the PostgreSQL database of accounts."""
    return _operations_in(_open_store(settings), settings)


def _own_catalogs(catalogs: Sequence[Catalog], operations: OperationStore) -> list[Catalog]:
    """What is served beside what is published: lists of operations, where there may be any."""
    languages = list(dict.fromkeys(language for catalog in catalogs for language in catalog.languages))
    return [own.catalog_of(operations, languages)] if any(catalog.has_operations for catalog in catalogs) else []


def open_jobs(settings: Settings) -> tuple[JobQueue, Doorbell]:
    """The same as workers see it, and what wakes them."""
    return JobQueue(open_operations(settings)), open_doorbell(settings.database_url, operations_file(Path(settings.data_dir)))


def _operations_in(store: Transactions, settings: Settings) -> OperationStore:
    return OperationStore(store, CallTurn, settings.operations, postgres=bool(settings.database_url))


def _databases(shops: Sequence[Shop]) -> dict[tuple[str, str], Transactions]:
    """The databases that methods write to, by catalog and cluster."""
    databases: dict[tuple[str, str], Transactions] = {}
    for catalog, cluster, _ in shops:
        url = url_of(catalog, cluster) if any(method.writes for method in catalog.methods.values()) else None
        if url is not None:
            databases[catalog.name, cluster] = SqlTransactions(url)
    return databases


def _with_former(pipeline: Pipeline, settings: Settings, spoken: Sequence[Dialect]) -> Answerer:
    """The pipeline, at the base addresses of earlier times as well, where the settings name any."""
    present = {dialect.name: dialect.mount for dialect in spoken}
    moved = [Moved(former, present[name]) for name, mounts in settings.bases().items() if name in present
             for former in mounts.former]
    for each in moved:
        check_own(each.former.place, f"the former base {each.former.place}")
    hosts = [read_former(text, "former_hosts") for text in settings.former_hosts]
    return FormerBases(pipeline, moved, hosts, settings.base_url) if moved or hosts else pipeline
