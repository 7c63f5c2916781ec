"""The table of the benchmarks, and that they can be run at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import bench.simulator
from bench.__main__ import main
from bench.figures import Figure
from bench.load import ask_all
from tests.simulator.running import running_fleet


def test_a_ratio_over_one_is_good_either_way() -> None:
    assert Figure("posts", 300, 100, "/s").ratio == 3
    assert Figure("start", 2, 8, "s", less_is_better=True).ratio == 4
    assert Figure("nothing", 0, 8, "s", less_is_better=True).ratio == float("inf")


def test_a_row_tells_what_was_measured_and_by_how_much_it_will_do() -> None:
    cells = [cell.strip() for cell in Figure("posts taken", 12345.6, 5000, "/s").row.split("|")]
    assert cells == ["posts taken", "12,346 /s", "≥ 5,000 /s", "2.47 ×"]


@pytest.mark.parametrize(("measured", "status"), [(200.0, 0), (99.0, 1)])
def test_a_missed_limit_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measured: float, status: int
) -> None:
    def run() -> Iterator[Figure]:
        yield Figure("posts", measured, 100, "/s")

    monkeypatch.setattr(bench.simulator, "run", run)
    assert main(["simulator"]) == status
    printed = capsys.readouterr().out
    assert "cores" in printed
    assert "posts" in printed


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nothing"])
    assert ended.value.code == 2
    assert "nothing" in capsys.readouterr().err


def test_the_simulators_benchmark_measures() -> None:
    figures = list(bench.simulator.run(stores=3))
    assert len(figures) > 3
    assert all(figure.measured > 0 for figure in figures if figure.unit in ("/s", "s", "MB"))


def test_load_with_a_wrong_answer_is_no_measure() -> None:
    with running_fleet("--stores", "1", "--port", "0") as fleet:
        one = fleet.subject("S001/Controller 1")
        assert ask_all([(one.base_url, one.key, ("/sensors", "/queue/status"))] * 3) == 6
        with pytest.raises(ExceptionGroup) as failed:
            ask_all([(one.base_url, "another key", ("/sensors",))])
        assert failed.group_contains(RuntimeError, match="401")
