"""What is wrong with a field, in plain words: pydantic's own speak of Python, and some quote the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, str] = {
    "missing": "This field is needed.",
    "unexpected_keyword_argument": "There is no such field.",
    "dataclass_type": "This must be a JSON object.",
    "dict_type": "This must be a JSON object.",
    "tuple_type": "This must be a list.",
    "list_type": "This must be a list.",
    "too_short": "The list must have {min_length} or more entries.",
    "too_long": "The list may have {max_length} entries at most.",
    "string_type": "This must be a text.",
    "string_too_short": "The text must have {min_length} or more characters.",
    "string_too_long": "The text may have {max_length} characters at most.",
    "string_pattern_mismatch": "The text must match `{pattern}`.",
    "enum": "This must be {expected}.",
    "literal_error": "This must be {expected}.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_parsing_size": "This must be a whole number of fewer digits.",
    "int_from_float": "This must be a whole number.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "greater_than": "This must be more than {gt}.",
    "greater_than_equal": "This must be {ge} or more.",
    "less_than": "This must be less than {lt}.",
    "less_than_equal": "This must be {le} or less.",
    "uuid_type": "This must be a UUID.",
    "uuid_parsing": "This must be a UUID.",
    "date_type": "This must be a day, as in 2026-11-01.",
    "date_parsing": "This must be a day, as in 2026-11-01.",
    "date_from_datetime_parsing": "This must be a day, as in 2026-11-01.",
    "datetime_type": "This must be a time with its zone, as in 2026-11-01T12:00:00Z.",
    "datetime_parsing": "This must be a time with its zone, as in 2026-11-01T12:00:00Z.",
    "datetime_from_date_parsing": "This must be a time with its zone, as in 2026-11-01T12:00:00Z.",
    "time_type": "This must be a time of day, as in 21:30.",
    "time_parsing": "This must be a time of day, as in 21:30.",
}
"""By the type of the error, with the limits that it names."""

OTHERWISE = "This is not what is expected here."


def sentence(error: Mapping[str, Any]) -> str:
    """One error of a ValidationError, as a sentence that never holds the value."""
    if error["type"] == "value_error":  # our own validators'
        text = str(error["msg"]).removeprefix("Value error, ")
        return text[:1].upper() + text[1:].removesuffix(".") + "."
    return SENTENCES.get(error["type"], OTHERWISE).format_map(error.get("ctx", {}))
