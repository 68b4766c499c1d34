"""Lines of text: names of every language, and nothing that hides in them or turns them round."""

import pytest
from pydantic import TypeAdapter, ValidationError

from lib.texts import Line

LINE = TypeAdapter(Line)


@pytest.mark.parametrize("name", ["Ægir Þórðarson", "王 小明", "نیم\u200cفاصله", "ක්\u200dෂ", "O’Neill"])
def test_a_name_of_any_language_is_a_line(name):
    assert LINE.validate_python(name) == name


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u00ad", "\n", "\x7f"])
def test_what_nobody_sees_in_a_line_is_refused(sign):
    with pytest.raises(ValidationError):
        LINE.validate_python(f"A{sign}n")


@pytest.mark.parametrize("empty", ["  ", "\u200d", "\u200c \u200d"])
def test_a_line_that_shows_nothing_is_empty(empty):
    with pytest.raises(ValidationError):
        LINE.validate_python(empty)
