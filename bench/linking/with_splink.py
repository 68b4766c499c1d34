"""The peer `splink` on DuckDB, as its guide sets up the linking of two tables of persons."""

from __future__ import annotations

import logging
from typing import Any

import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.internals.comparison_creator import ComparisonCreator

from bench.linking.sides import Sides
from bench.linking.tables import one_to_one, table

PAIRS = 1_000_000
"""From which it estimates how often others agree."""


def matched(sides: Sides) -> set[tuple[str, str]]:
    """On the candidates that our blocking keys make; weights learnt on these two sides, without labels."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI()
    comparisons: list[ComparisonCreator | dict[str, Any]] = [
        cl.NameComparison("given"),
        cl.NameComparison("family"),
        cl.DamerauLevenshteinAtThresholds("birth", [1, 2]),
        cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
        cl.ExactMatch("number"),
        cl.DamerauLevenshteinAtThresholds("postal_code", [1, 2]),
        cl.JaroWinklerAtThresholds("city", [0.9, 0.7]),
    ]
    if any(whom.identifiers for whom in sides.left.values()):
        comparisons.append(cl.ExactMatch("email"))
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
        probability_two_random_records_match=1 / max(len(sides.left), len(sides.right)),
    )
    tables = [
        database.register(table(side), dataset_display_name=name)
        for side, name in ((sides.left, "l"), (sides.right, "r"))
    ]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS, seed=1)
    for rule in (block_on("birth"), block_on("given", "family")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.5).as_record_list()
    return one_to_one((row["unique_id_l"], row["unique_id_r"], row["match_probability"]) for row in found)
