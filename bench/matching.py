"""`bench matching`: how well and how fast persons are matched, beside `splink` and `recordlinkage`.

Ours is the frozen standard model everywhere; the peers learn on each set anew, and get the candidates that
our blocking keys make. febrl's dataset 3 is scored here and nowhere else: nothing was chosen by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from bench.harness import Figures, Goal, Report, Tell, in_rounds
from bench.linking import with_recordlinkage, with_splink
from bench.linking.calibration import calibration
from bench.linking.crowd import look
from bench.linking.frequencies import by_frequency
from bench.linking.households import Case, households
from bench.linking.quality import Quality, both, matched, quality, repeated
from bench.linking.sides import Sides, febrl4, overlapping
from bench.workers import Workers
from lib.matching.standard import STANDARD

LOOKED_FOR, SECONDS = 2_000, 900
"""Persons looked for in a crowd; the longest that this may take."""
CROWDS = {5_000: 1, 1_000_000: 5}
"""How many there are, and milliseconds that 99 of 100 may take."""
MOST_MEMORY_MB = 300
SHARES, DRAWS = {0.3: "30 % overlap", 0.5: "50 % overlap"}, range(5)

PEERS: dict[str, Callable[[Sides], set[tuple[str, str]]]] = {
    "splink": with_splink.matched,
    "recordlinkage": with_recordlinkage.matched,
}


def measure(rounds: int, tell: Tell, most: int = max(CROWDS)) -> Report:
    """`most`: nobody is looked for in a larger crowd."""
    sets = _sets()
    ours, peers = in_rounds(rounds, partial(_round, sets), tell)
    tell("calibration, names by frequency, dataset 3")
    ours |= _calibrations(sets)
    ours["febrl4, names by frequency"] = by_frequency(STANDARD, sets["febrl4"])
    ours["febrl dataset 3, all pairs from the threshold on"] = _percent(repeated(STANDARD, "3"))
    goals = _quality_goals(sets, ours)
    with Workers(1, SECONDS) as worker:
        for size, most_ms in CROWDS.items():
            if size > most:
                continue
            tell(f"looking for {LOOKED_FOR:,} persons among {size:,}")
            [figures] = worker.run(partial(look, size, LOOKED_FOR))
            ours[f"one among {size:,}"] = figures
            goals.append(Goal.at_most(f"one among {size:,}, p99 in ms", most_ms, figures["p99_ms"]))
            goals.append(
                Goal.at_most(f"one among {size:,}, memory in MB", MOST_MEMORY_MB, figures["memory_mb"])
            )
    ratios = {
        f"records a second, beside {peer}": round(
            ours["febrl4"]["records_per_second"] / peers[f"{peer}, febrl4"]["records_per_second"], 1
        )
        for peer in PEERS
    }
    return Report("matching", rounds, ours, peers, ratios, goals)


def _sets() -> dict[str, Sides]:
    sets = {"febrl4": febrl4()}
    for case in Case:
        for verified in (True, False):
            name = f"households, {case}, {'verified identifiers' if verified else 'none verified'}"
            sets[name] = households(case, verified=verified)
    return sets


def _overlaps() -> dict[str, Sides]:
    whole = febrl4()
    return {
        f"febrl4, {name}, draw {seed}": overlapping(whole, share, seed)
        for share, name in SHARES.items()
        for seed in DRAWS
    }


def _calibrations(sets: dict[str, Sides]) -> Figures:
    strangers = [sets["febrl4"], *_overlaps().values()]
    relatives = [sides for name, sides in sets.items() if name != "febrl4"]
    return {
        f"{name}{', contradicted' if contradicted else ''}: {within}": figures
        for name, sides in (("febrl4 and its draws", strangers), ("households", relatives))
        for contradicted in (False, True)
        for within, figures in calibration(STANDARD, sides, contradicted=contradicted).items()
    }


def _round(sets: dict[str, Sides], tell: Tell) -> tuple[Figures, Figures]:
    ours: Figures = {}
    peers: Figures = {}
    for name, sides in (sets | _overlaps()).items():
        tell(name)
        began = time.perf_counter()
        found = matched(STANDARD, sides)
        seconds = time.perf_counter() - began
        every, shared = both(found, sides.truth)
        ours[name] = {
            "records_per_second": (len(sides.left) + len(sides.right)) / seconds,
            **_percent(every),
            "share_precision_per_cent": 100 * shared.precision,
            "share_recall_per_cent": 100 * shared.recall,
            "ambiguous": len(found.ambiguous),
        }
    for name, sides in sets.items():
        for peer, match in PEERS.items():
            tell(f"{peer}, {name}")
            began = time.perf_counter()
            pairs = match(sides)
            seconds = time.perf_counter() - began
            peers[f"{peer}, {name}"] = {
                "records_per_second": (len(sides.left) + len(sides.right)) / seconds,
                **_percent(quality(pairs, sides.truth)),
            }
    return ours, peers


def _percent(found: Quality) -> dict[str, float]:
    return {
        "f1_per_cent": 100 * found.f1,
        "precision_per_cent": 100 * found.precision,
        "recall_per_cent": 100 * found.recall,
    }


def _quality_goals(sets: dict[str, Sides], figures: Figures) -> list[Goal]:
    """The least of the draws counts."""
    goals = [Goal.at_least("febrl4, F1 in per cent", 99.8, figures["febrl4"]["f1_per_cent"])]
    for name in SHARES.values():
        least = min(figures[f"febrl4, {name}, draw {seed}"]["f1_per_cent"] for seed in DRAWS)
        goals.append(Goal.at_least(f"febrl4, {name}, F1 in per cent", 99.7, least))
    reported = f"households, {Case.ABSENT}, none verified"
    for name in (*sets, *_overlaps()):
        if name != reported:
            seen = figures[name]["share_precision_per_cent"]
            goals.append(Goal.at_least(f"{name}: precision of what is shared, per cent", 99.9, seen))
        if name.endswith("verified identifiers"):
            seen = figures[name]["share_recall_per_cent"]
            goals.append(Goal.at_least(f"{name}: recall of what is shared, per cent", 95, seen))
    return goals
