"""Medians, percentiles and goals say what they are said to say."""

from __future__ import annotations

from bench.harness import Goal, Report, in_rounds, latencies, medians, percentile


def test_each_figure_is_the_median_of_its_rounds() -> None:
    rounds = [{"64 waiting": {"per_second": float(n), "p99_ms": 10.0 - n}} for n in (3, 9, 4)]
    assert medians(rounds) == {"64 waiting": {"per_second": 4.0, "p99_ms": 6.0}}


def test_ours_and_the_peers_take_turns() -> None:
    told: list[str] = []

    def measure(tell: object) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        told.append("ours, peers")
        return {"ours": {"n": len(told)}}, {"peer": {"n": -len(told)}}

    assert in_rounds(3, measure, lambda _: None) == ({"ours": {"n": 2}}, {"peer": {"n": -2}})


def test_a_percentile_is_not_passed_by_that_share_of_the_values() -> None:
    assert percentile(range(100), 0.99) == 99
    assert percentile([5.0], 0.99) == 5.0
    assert latencies([0.001] * 99 + [0.5], "seen_") == {"seen_p50_ms": 1.0, "seen_p99_ms": 500.0}


def test_one_missed_goal_misses_the_report() -> None:
    met, missed = Goal.at_least("fast", 10, 12), Goal.at_most("soon", 10, 12)
    assert Report("b", 3, {}, {}, {}, [met]).met
    assert not Report("b", 3, {}, {}, {}, [met, missed]).met


def test_a_report_is_the_document_that_the_command_promises() -> None:
    document = Report("b", 3, {}, {}, {}, [Goal.at_least("fast", 10, 12)]).document()
    assert list(document) == ["name", "rounds", "figures", "peers", "ratios", "goals", "machine"]
    assert document["goals"] == [{"what": "fast", "goal": 10, "seen": 12, "met": True}]
