"""Shapes say what the figures say."""

from portal import charts


def test_a_spark_line_leaves_a_gap_where_nothing_is_known() -> None:
    path = charts.spark_path([0, 10, None, 5, None], highest=10)
    assert path == "M2.0 30.0 L31.0 2.0 M89.0 16.0h0"


def test_a_day_without_figures_has_no_line() -> None:
    assert charts.spark_path([None] * 24, highest=1) == charts.spark_path([], highest=1) == ""


def test_a_bar_is_never_longer_than_full() -> None:
    assert [charts.bar_share(people, 200) for people in (None, 0, 50, 200, 300)] == [0, 0, 25, 100, 100]
    assert charts.bar_share(50, None) == 0
