"""Addresses of a PostgreSQL."""

import pytest

from ops.local.postgres.dsn import without_password


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        (
            "postgresql://postgres:secret@127.0.0.1:8132/rapport",
            "postgresql://postgres@127.0.0.1:8132/rapport",
        ),
        ("postgresql://db.example/rapport?user=a&password=secret", "postgresql://db.example/rapport"),
    ],
)
def test_a_person_is_shown_no_password(dsn: str, shown: str) -> None:
    assert without_password(dsn) == shown
