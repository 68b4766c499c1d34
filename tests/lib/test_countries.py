"""Countries by their codes, beside the list that the time zone database carries."""

from importlib.resources import files

from lib.countries import COUNTRIES


def test_every_country_of_iso_3166_is_known_and_nothing_else_but_kosovo():
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    official = {line[:2] for line in table.splitlines() if line and not line.startswith("#")}
    assert official ^ COUNTRIES == {"XK"}
