"""What statistics keep, wherever they lie: in files of a data directory, or in PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import SourceUnavailable
from dragoman.observations import Answered, Observation, StatisticsLost, StatisticsRegained
from dragoman.settings import Statistics
from dragoman.statistics.bases import Base
from dragoman.statistics.counting import Batch, Counter, Series
from dragoman.statistics.places import Place
from dragoman.statistics.reading import EVERYTHING, Reader, Scope, reading
from dragoman.statistics.recorder import Recorder
from dragoman.statistics.rolling import DAY_S, roll_up
from dragoman.statistics.writing import Writer

NOW = 1_700_000_000
KEPT = Statistics()
AGES = NOW * 2


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where statistics lie."""
    return Place(request.getfixturevalue("database") if request.param == "postgres" else "", tmp_path)


@pytest.fixture
def open_writer(place: Place) -> Iterator[Callable[..., Writer]]:
    """Writers of several processes."""
    with ExitStack() as stack:
        yield lambda calls_max=200: Writer(stack.enter_context(place.own()), calls_max, lambda: NOW)


def answered(application: str | None = "a" * 32, key: str | None = None, **more: Any) -> Answered:
    """One answer."""
    usual: dict[str, Any] = {
        "request_id": "r", "peer": "192.0.2.1", "verb": "GET", "path": "/v2/toys", "status": 200, "dialect": "gw2",
        "target": "toys", "time_us": 300, "size_bytes": 10,
    }
    return Answered(application=application, key=key, **{**usual, **more})


def batch_of(*answers: Answered, at: float = NOW) -> Batch:
    """What a counter gives that counted these at a time."""
    counter = Counter(200, lambda: at)
    for each in answers:
        counter(each)
    return counter.take()


def counts_at(*times: int, application: str = "app") -> Batch:
    """One call at each of some times, counted by the minute."""
    batch = Batch()
    for at in times:
        batch.add(Series(application, "", "toys", "gw2", "", "ok"), at // 60 * 60, [1] + [0] * 15 + [10, 50])
    return batch


def calls(place: Place, scope: Scope = EVERYTHING, since: int = 0, until: int = AGES) -> int:
    """How many calls there were."""
    with reading(place) as reader:
        return reader.usage(scope, since, until, 60).total.calls


def last_calls(place: Place, scope: Scope, request_id: str | None = None) -> list[str]:
    """The last calls by their ids, the newest first."""
    with reading(place) as reader:
        return [call.request_id for call in reader.calls(scope, 100, request_id)]


def test_nothing_was_called_where_nothing_was_written(place: Place) -> None:
    """A new server shows empty pages."""
    with reading(place) as reader:
        assert reader.usage(EVERYTHING, 0, NOW, 60).total.calls == 0
        assert reader.calls(EVERYTHING, 10) == []
        assert (reader.callers(0, AGES).applications, reader.callers(0, AGES).used) == ({}, [])


def test_calls_are_told_by_time_outcome_target_dialect_and_version(place: Place, open_writer: Callable[..., Writer]) -> None:
    """For an application, for keys and for everybody; times as quantiles."""
    writer = open_writer()
    writer.write(batch_of(*[answered()] * 8, answered(outcome="not-found", target="ships", status=404, time_us=7_000),
                          answered(version="2024-01-01", dialect="dast", key="k1"), answered(None), at=NOW))
    writer.write(batch_of(answered(application="b", key="k2"), at=NOW + 120))
    with reading(place) as reader:
        usage = reader.usage(Scope(application="a" * 32), NOW - 60, NOW + 600, 60)
        applications = reader.callers(0, AGES).applications
    assert (usage.total.calls, usage.total.errors, usage.total.size_bytes) == (10, 1, 100)
    assert usage.outcomes == {"ok": 9, "not-found": 1}
    assert {name: sums.calls for name, sums in usage.targets.items()} == {"ships": 1, "toys": 9}
    assert next(iter(usage.targets)) == "ships"
    assert {name: sums.calls for name, sums in usage.dialects.items()} == {"gw2": 9, "dast": 1}
    assert {name: sums.calls for name, sums in usage.versions.items()} == {"": 9, "2024-01-01": 1}
    assert 200 < usage.total.quantile_us(0.5) <= 500
    assert 5_000 < usage.total.quantile_us(0.99) <= 10_000
    assert calls(place) == 12
    assert calls(place, Scope(keys=("k1", "k2"))) == 2
    assert calls(place, Scope(keys=())) == 0
    assert calls(place, until=NOW + 60) == 11
    assert {name: (sums.calls, sums.errors) for name, sums in applications.items()} == {"a" * 32: (10, 1), "": (1, 0), "b": (1, 0)}


def test_versions_that_applications_use_are_told_with_their_last_time(place: Place, open_writer: Callable[..., Writer]) -> None:
    """So that a publisher knows whom the end of a version would hurt."""
    open_writer().write(batch_of(answered("a", version="2023-01-01"), answered("b"), at=NOW))
    open_writer().write(batch_of(answered("a", version="2023-01-01"), at=NOW + 600))
    with reading(place) as reader:
        found = [(each.application, each.version, each.calls, each.last_at) for each in reader.callers(0, AGES).used]
        assert [each.application for each in reader.callers(NOW + 300, AGES).used] == ["a"]
        assert [each.application for each in reader.callers(0, NOW).used] == ["a", "b"]
    assert found == [("a", "2023-01-01", 2, (NOW + 600) // 60 * 60), ("b", "", 1, NOW // 60 * 60)]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_time_is_found_by_an_index_whosever_calls_are_meant(place: Place, open_writer: Callable[..., Writer]) -> None:
    """Whatever else is kept, the last hour must not take longer for it: no question of usage looks through everything."""
    open_writer().write(batch_of(answered()))
    plans: list[str] = []
    with place.every() as bases:
        (base,) = bases
        ask = base.ask

        def explain(query: str, *values: Any) -> list[Any]:
            plans.extend(row[3] for row in ask(f"EXPLAIN QUERY PLAN {query}", *values))
            return ask(query, *values)

        base.ask = explain
        reader = Reader(bases)
        for scope in (EVERYTHING, Scope(application="a"), Scope(keys=("k1", "k2"))):
            reader.usage(scope, NOW - 3_600, NOW, 60)
        reader.callers(NOW - 3_600, NOW)
    searches = [plan for plan in plans if "statistics_count" in plan]
    assert len(searches) == 4
    assert all("SEARCH" in plan and "at>?" in plan for plan in searches), searches


def test_several_writers_at_once_lose_nothing_and_count_nothing_twice(place: Place) -> None:
    """Each has a place of its own."""
    def work() -> None:
        with place.own() as base:
            writer = Writer(base, 200)
            for _ in range(20):
                writer.write(batch_of(answered(), answered(), answered(None)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert calls(place) == 4 * 20 * 3


def test_a_batch_that_was_written_before_the_connection_broke_is_not_written_again(
    place: Place, open_writer: Callable[..., Writer],
) -> None:
    """Whoever does not learn of a commit asks for it."""
    writer = open_writer()
    writer.write(counts_at(NOW))
    base: Base = writer._base
    do = base.do

    def break_after(*statements: Any) -> None:
        do(*statements)
        raise SourceUnavailable("the connection broke")

    batch = counts_at(NOW)
    writer._base.do = break_after
    with pytest.raises(SourceUnavailable):
        writer.write(batch)
    writer._base.do = do
    writer.write(batch)
    writer.write(counts_at(NOW))
    assert calls(place) == 3


def test_the_last_calls_of_each_caller_are_kept_and_no_more(place: Place, open_writer: Callable[..., Writer],
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """One that calls much does not push out another's."""
    monkeypatch.setattr("dragoman.statistics.writing._TRIM_S", 0.0)
    writer = open_writer(calls_max=5)
    writer.write(batch_of(answered("quiet", request_id="once")))
    for number in range(8):
        writer.write(batch_of(*(answered(request_id=f"{number}-{each}") for each in range(3)), at=NOW + number))
        writer.trim()
    assert last_calls(place, Scope(application="a" * 32)) == ["7-2", "7-1", "7-0", "6-2", "6-1"]
    assert last_calls(place, Scope(application="quiet")) == ["once"]
    assert last_calls(place, EVERYTHING, "once") == ["once"]
    assert last_calls(place, Scope(application="a" * 32), "once") == []


def test_a_clock_that_steps_back_loses_no_call(place: Place, open_writer: Callable[..., Writer]) -> None:
    """Even into a time that was rolled up already."""
    writer = open_writer()
    writer.write(batch_of(answered(), at=NOW))
    roll_up(place, KEPT, NOW + 3 * DAY_S)
    writer.write(batch_of(answered(), at=NOW))
    writer.write(batch_of(answered(), at=NOW - 3_600))
    assert calls(place) == 3
    roll_up(place, KEPT, NOW + 3 * DAY_S)
    with reading(place) as reader:
        usage = reader.usage(EVERYTHING, 0, AGES, 3_600)
    assert [sums.calls for sums in usage.series.values()] == [1, 2]


def test_minutes_become_hours_and_hours_days_and_no_call_is_lost(place: Place, open_writer: Callable[..., Writer]) -> None:
    """Until it is too old to be kept."""
    ages_days = (0, 0.5, 1.9, 2.5, 10, 59, 61, 400, 1_000, 1_200)
    for writer in (open_writer(), open_writer()):
        writer.write(counts_at(*(NOW - int(age * DAY_S) + second for age in ages_days for second in (0, 61, 125))))
    assert calls(place) == 60
    assert roll_up(place, KEPT, NOW)
    assert calls(place) == 54
    assert calls(place, since=NOW - 2 * DAY_S) == 18
    with place.every() as bases:
        spans = [row for base in bases for row in base.ask("SELECT span, count(*) FROM statistics_count GROUP BY span ORDER BY span")]
    assert {span for span, _ in spans} == {60, 3_600, 86_400}
    assert roll_up(place, KEPT, NOW)
    assert calls(place) == 54


def test_years_of_calls_take_a_bounded_number_of_rows(place: Place, open_writer: Callable[..., Writer]) -> None:
    """Three years, called twice a day, rolled up as time goes by, of which one is kept."""
    kept = Statistics(minutes_days=2, hours_days=60, days_days=365)
    writer = open_writer()
    rows = []
    for month in range(36):
        begins = NOW + month * 30 * DAY_S
        writer.write(counts_at(*range(begins, begins + 30 * DAY_S, DAY_S // 2)))
        roll_up(place, kept, begins + 30 * DAY_S)
        with place.every() as bases:
            rows.append(sum(base.ask("SELECT count(*) FROM statistics_count")[0][0] for base in bases))
    assert rows[-1] == rows[-6] <= kept.days_days + kept.hours_days + 10
    first_kept = (NOW + 36 * 30 * DAY_S) // DAY_S * DAY_S - kept.days_days * DAY_S
    assert calls(place, since=first_kept + DAY_S) in range(2 * 364 - 1, 2 * 365 + 1)
    assert calls(place, until=first_kept - DAY_S) == 0


def test_calls_older_than_they_are_kept_are_forgotten(place: Place, open_writer: Callable[..., Writer]) -> None:
    """The counts stay."""
    writer = open_writer()
    writer.write(batch_of(answered(request_id="old"), at=NOW - 15 * DAY_S))
    writer.write(batch_of(answered(request_id="new"), at=NOW - 13 * DAY_S))
    roll_up(place, KEPT, NOW)
    assert last_calls(place, EVERYTHING) == ["new"]
    assert calls(place) == 2


def test_one_process_at_a_time_rolls_up(place: Place) -> None:
    """The others leave it to that one."""
    with place.alone() as first:
        assert first
        assert not roll_up(place, KEPT, NOW)
    assert roll_up(place, KEPT, NOW)


def test_a_recorder_writes_within_a_second_and_everything_when_it_stops(place: Place) -> None:
    """A graceful stop loses nothing."""
    seen: list[Observation] = []
    counter = Counter(200)
    recorder = Recorder(counter, place, KEPT, seen.append)
    recorder.start()
    counter(answered())
    waited = threading.Event()
    for _ in range(100):
        if calls(place) == 1:
            break
        waited.wait(0.05)
    assert calls(place) == 1
    for _ in range(1_000):
        counter(answered())
    recorder.stop()
    assert calls(place) == 1_001
    assert seen == []


@contextmanager
def away(place: Place) -> Iterator[None]:
    """Nobody can write there meanwhile: the file is locked by another, or the database takes no connections."""
    if place._url:
        import psycopg

        name = "test_" + place._url.rpartition("/test_")[2].partition("?")[0]
        with psycopg.connect(place._url.replace(f"/{name}?", "/postgres?"), autocommit=True) as base:
            base.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            base.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield
            base.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        return
    with closing(sqlite3.connect(place._folder / "1.db", isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")
        yield
        base.execute("ROLLBACK")


def wait_for(condition: Callable[[], bool]) -> None:
    """For ten seconds at most."""
    for _ in range(200):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come to that")


def test_counts_wait_while_the_database_is_away_and_are_written_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its going and coming is told once each."""
    monkeypatch.setattr("dragoman.statistics.bases._TIMEOUT_S", 0.2)
    seen: list[Observation] = []
    counter = Counter(200)
    recorder = Recorder(counter, place, KEPT, seen.append)
    recorder.start()
    counter(answered())
    wait_for(lambda: calls(place) == 1)
    with away(place):
        for _ in range(30):
            counter(answered())
            threading.Event().wait(0.1)
        wait_for(lambda: len(seen) == 1)
    wait_for(lambda: len(seen) == 2)
    recorder.stop()
    assert [type(each) for each in seen] == [StatisticsLost, StatisticsRegained]
    assert calls(place) == 31


def test_counts_wait_where_there_is_no_place_for_them_at_the_start(tmp_path: Path) -> None:
    """A full disk, or a folder that cannot be made, as here where a file is in its way; what waits stays within bounds."""
    seen: list[Observation] = []
    counter, place = Counter(200), Place("", tmp_path)
    (tmp_path / "statistics").write_text("in the way")
    recorder = Recorder(counter, place, KEPT, seen.append)
    recorder.start()
    for number in range(50):
        counter(answered(target=f"t{number}"))
    wait_for(lambda: [type(each) for each in seen] == [StatisticsLost])
    (tmp_path / "statistics").unlink()
    wait_for(lambda: [type(each) for each in seen] == [StatisticsLost, StatisticsRegained])
    counter(answered())
    recorder.stop()
    assert calls(place) == 51


def test_counts_that_never_had_a_place_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """It is tried once more, and that is all."""
    seen: list[Observation] = []
    counter = Counter(200)
    (tmp_path / "statistics").write_text("in the way")
    recorder = Recorder(counter, Place("", tmp_path), KEPT, seen.append)
    recorder.start()
    counter(answered())
    recorder.stop()
    assert recorder._thread is not None
    assert not recorder._thread.is_alive()
    assert [type(each) for each in seen] == [StatisticsLost]


def test_statistics_that_were_taken_away_under_a_server_begin_anew(tmp_path: Path) -> None:
    """They are not written into a file that nobody can read any more."""
    seen: list[Observation] = []
    counter, place = Counter(200), Place("", tmp_path)
    recorder = Recorder(counter, place, KEPT, seen.append)
    recorder.start()
    counter(answered())
    wait_for(lambda: calls(place) == 1)
    shutil.rmtree(tmp_path / "statistics")
    counter(answered())
    wait_for(lambda: [type(each) for each in seen] == [StatisticsLost, StatisticsRegained])
    recorder.stop()
    assert calls(place) == 1


def test_rolling_up_tells_where_it_cannot(tmp_path: Path) -> None:
    """As an error that is expected, which the recorder tells the log."""
    (tmp_path / "statistics").write_text("in the way")
    with pytest.raises(SourceUnavailable):
        roll_up(Place("", tmp_path), KEPT, NOW)
