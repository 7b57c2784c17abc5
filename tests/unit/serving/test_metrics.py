"""Counting, and telling what was counted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dragoman.observations import Answered, Crashed, Stopped
from dragoman.serving import metrics
from dragoman.serving.metrics import Metrics, open_folder
from dragoman.settings import Settings


def answered(target: str = "data/x", status: int = 200, time_us: int = 300) -> Answered:
    return Answered(request_id="r", peer="", verb="GET", path="/", status=status, dialect="gw2", target=target,
                    size_bytes=10, time_us=time_us)


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels, which are told in the order of their names."""
    return {(sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text.decode()) for sample in family.samples}


def test_answers_are_counted_by_dialect_target_and_status() -> None:
    """With their bytes and their times."""
    counted = Metrics()
    for observation in (answered(), answered(), answered(status=404, target=""), answered(time_us=2_000_000),
                        Crashed(request_id="r", stage="plan", error="", traceback=""), Stopped(pid=1)):
        counted(observation)
    found = samples(counted.render())
    assert found["dragoman_requests_total", "gw2", "200", "data/x"] == 3
    assert found["dragoman_requests_total", "gw2", "404", ""] == 1
    assert found["dragoman_body_bytes_total", "gw2"] == 40
    assert found["dragoman_crashes_total", "plan"] == 1
    assert found["dragoman_request_duration_seconds_bucket", "gw2", "0.00025"] == 0
    assert found["dragoman_request_duration_seconds_bucket", "gw2", "0.0005"] == 3
    assert found["dragoman_request_duration_seconds_bucket", "gw2", "+Inf"] == 4
    assert found["dragoman_request_duration_seconds_count", "gw2"] == 4
    assert found["dragoman_request_duration_seconds_sum", "gw2"] == pytest.approx(2.0009)


def test_the_number_of_series_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever targets there are; nothing goes uncounted."""
    monkeypatch.setattr(metrics, "_SERIES_MAX", 10)
    counted = Metrics()
    for number in range(100):
        counted(answered(target=f"data/{number}"))
    found = {key: value for key, value in samples(counted.render()).items() if key[0] == "dragoman_requests_total"}
    assert len(found) == 11
    assert sum(found.values()) == 100


def test_the_age_of_editions_is_told() -> None:
    """A publication from the future is new, not younger than that."""
    found = samples(Metrics(None, lambda: [("a", "eu", 0.0), ("a", "na", 1e12)]).render())
    assert found["dragoman_edition_age_seconds", "a", "eu"] > 1e9
    assert found["dragoman_edition_age_seconds", "a", "na"] == 0


def test_workers_that_died_are_counted_on(tmp_path: Path) -> None:
    """What they had flushed is in the file that they left."""
    counted = Metrics(tmp_path)
    pid = os.fork()
    if not pid:
        counted(answered())
        counted.tick()
        os._exit(0)
    os.waitpid(pid, 0)
    counted(answered())
    counted.flush()
    assert samples(counted.render())["dragoman_requests_total", "gw2", "200", "data/x"] == 2
    assert re.fullmatch(rf"{pid}\.counts", min(file.name for file in tmp_path.iterdir() if str(pid) in file.name))


def test_a_single_worker_needs_no_folder(tmp_path: Path) -> None:
    """And makes none."""
    assert open_folder(Settings(data_dir=str(tmp_path))) is None
    assert not list(tmp_path.iterdir())


def test_folders_of_runs_that_have_ended_are_removed(tmp_path: Path) -> None:
    """Those of other machines, and of servers that run, are not ours to remove."""
    settings = Settings(data_dir=str(tmp_path), workers=2)
    own = open_folder(settings)
    assert own is not None
    host = own.name.rpartition(".")[0]
    (own / "1.counts").touch()
    for name in (f"{host}.999999999", "elsewhere.999999999", f"{host}.{os.getppid()}"):
        (own.parent / name).mkdir()
    again = open_folder(settings)
    assert again == own
    assert not list(again.iterdir())
    assert {folder.name for folder in own.parent.iterdir()} == {own.name, "elsewhere.999999999", f"{host}.{os.getppid()}"}
