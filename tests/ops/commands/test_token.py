"""The local issuer's tokens."""

import json
import uuid
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.jwk import KeySet

from kernel.settings import Settings
from ops.commands.token import command, seconds
from ops.errors import CannotRun
from ops.local import issuer
from ops.local.home import keys


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    keys.make(tmp_path / "keys", tmp_path / "jwks.json")
    return Settings(mode="local", keys=tmp_path / "keys", jwks=str(tmp_path / "jwks.json"))


def test_a_token_is_signed_by_a_key_of_the_published_set(local: Settings) -> None:
    org = str(uuid.uuid4())
    made = issuer.token(local, org, "agent", "anna", life=60)
    published = KeySet.import_key_set(json.loads(Path(local.jwks).read_text()))
    claims = jwt.decode(made, published, algorithms=["Ed25519"]).claims
    assert claims["exp"] - claims["iat"] == 60
    expected = {"iss": "rapport-local", "aud": "rapport", "sub": "anna", "org": org, "role": "agent"}
    assert expected.items() <= claims.items()


def test_the_published_set_holds_no_private_key(local: Settings) -> None:
    assert all("d" not in key for key in json.loads(Path(local.jwks).read_text())["keys"])


def test_a_name_stands_for_the_same_organisation_every_time() -> None:
    assert issuer.organisation("acme") == issuer.organisation("acme") != issuer.organisation("globex")


def test_no_token_is_made_outside_local_mode(local: Settings) -> None:
    with pytest.raises(CannotRun, match="local mode"):
        issuer.token(local.model_copy(update={"mode": "production"}), "acme", "agent")


def test_keys_once_made_stay(local: Settings) -> None:
    before = {path.name: path.read_bytes() for path in local.keys.iterdir()}
    keys.make(local.keys, Path(local.jwks))
    assert {path.name: path.read_bytes() for path in local.keys.iterdir()} == before


@pytest.mark.parametrize("blank", ["--org", "--subject"])
def test_a_blank_name_is_refused(blank: str) -> None:
    answer = CliRunner().invoke(command, ["--role", "agent", "--org", "acme", blank, "  "])
    assert answer.exit_code == 2
    assert f"'{blank}'" in answer.stderr


def test_blanks_around_a_name_make_no_other_organisation(
    local: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.settings.load", lambda: local)
    answer = CliRunner().invoke(command, ["--role", "agent", "--org", " acme ", "--json"])
    assert json.loads(answer.stdout)["org"] == str(issuer.organisation("acme"))


def test_a_customers_token_names_its_contact(local: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.settings.load", lambda: local)
    contact = str(uuid.uuid4())
    asked = ["--org", "acme", "--role", "customer", "--contact", contact]
    made = CliRunner().invoke(command, asked).stdout.strip()
    published = KeySet.import_key_set(json.loads(Path(local.jwks).read_text()))
    assert jwt.decode(made, published, algorithms=["Ed25519"]).claims["contact"] == contact


@pytest.mark.parametrize("asked", [["customer"], ["agent", "--contact", str(uuid.uuid4())]])
def test_a_contact_goes_with_the_role_of_a_customer_alone(asked: list[str]) -> None:
    answer = CliRunner().invoke(command, ["--org", "acme", "--role", *asked])
    assert answer.exit_code == 2
    assert "--contact" in answer.stderr


LIVES = [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800), ("5", 5), ("365d", 31_536_000)]


@pytest.mark.parametrize(("text", "expected"), LIVES)
def test_a_life_is_a_number_with_a_unit(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["366d", "99999999999d", "9" * 5_000])
def test_no_token_is_valid_for_more_than_a_year(text: str) -> None:
    with pytest.raises(click.BadParameter, match="365 days"):
        seconds(text)


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "soon", "²h"])
def test_other_lives_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seconds(text)
