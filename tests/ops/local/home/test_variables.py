"""Settings pass through the home's file unchanged."""

from pathlib import Path

from kernel.settings import Settings
from ops.local.home import variables


def test_settings_survive_the_file_whatever_the_path_holds(tmp_path: Path) -> None:
    written = Settings(
        mode="local",
        dsn={"contacts_app": "postgresql://contacts_app:p@127.0.0.1:1/rapport"},
        keys=tmp_path / 'it\'s a "home" # 100%',
        port={"contacts": 8101, "sales_react": 8302},
    )
    variables.write(tmp_path / "rapport.env", variables.of(written))
    assert Settings(_env_file=tmp_path / "rapport.env") == written  # type: ignore[call-arg]
