"""A model is plain data that can be kept in a fact, and it weighs everything that can be found."""

from __future__ import annotations

import json

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

from lib.matching.levels import Comparison
from lib.matching.model import Model
from lib.matching.standard import STANDARD

MODEL = TypeAdapter(Model)


def test_a_model_comes_back_from_json_as_it_was() -> None:
    written = MODEL.dump_json(STANDARD)
    assert MODEL.validate_json(written) == STANDARD
    assert msgspec.json.decode(written, type=Model) == STANDARD


def test_a_model_that_lacks_a_weight_is_refused() -> None:
    written = json.loads(MODEL.dump_json(STANDARD))
    del written["weights"][Comparison.BIRTH]["decades apart"]
    with pytest.raises(ValidationError, match="weighs every level"):
        MODEL.validate_python(written)


def test_the_threshold_is_a_probability_and_enough_is_its_weight() -> None:
    assert STANDARD.threshold == 0.95
    assert 1 / (1 + 2**-STANDARD.enough) == pytest.approx(0.95)


def test_among_more_persons_a_pair_needs_more() -> None:
    assert STANDARD.among(1_000_000).prior == pytest.approx(STANDARD.among(1_000).prior - 9.97, abs=0.01)
