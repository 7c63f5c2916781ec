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


def test_an_axis_of_many_days_names_the_days_and_its_ends_stay_in_the_picture() -> None:
    def named(*labels: str, by_day: bool = False) -> charts.Options:
        axis = charts.curves(labels, [charts.Line("Berlin", [1, 2])], unit="number", by_day=by_day)["xAxis"]
        return dict(axis["axisLabel"])

    of_days = named("Mon 23 Nov 23:00", "Tue 24 Nov 00:00", by_day=True)
    assert (of_days["formatter"], of_days["interval"]) == ("midnight", 0)
    of_hours = named("10:00", "11:00")
    assert "formatter" not in of_hours
    assert (of_hours["alignMinLabel"], of_hours["alignMaxLabel"]) == ("left", "right")
