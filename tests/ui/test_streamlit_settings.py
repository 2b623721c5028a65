"""The settings of the screens hold in any folder; those of a command line are stronger."""

from pathlib import Path

import pytest
from streamlit import config

from deeptepp.config import top_folder
from deeptepp.ui.streamlit_settings import hold_settings

OURS = top_folder() / ".streamlit" / "config.toml"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder whose own file asks for other settings."""
    (tmp_path / ".streamlit").mkdir()
    text = '[server]\nmaxUploadSize = 3\nmaxMessageSize = 300\n[client]\nshowErrorDetails = "full"\n'
    (tmp_path / ".streamlit" / "config.toml").write_text(text, encoding="utf-8")
    with monkeypatch.context() as moved:
        moved.chdir(tmp_path)
        moved.setattr(config, "_main_script_path", None)
        yield lambda **flags: config.get_config_options(force_reparse=True, options_from_flags=flags)
    config.get_config_options(force_reparse=True)


def test_every_setting_of_the_file_holds_in_a_folder_with_others_and_theirs_beside_it(elsewhere):
    elsewhere()
    assert (config.get_option("server.maxUploadSize"), config.get_option("global.minCachedMessageSize")) != (
        1024,
        1e12,
    )
    hold_settings(OURS)
    found = [config.get_option(key) for key in ("server.maxUploadSize", "global.minCachedMessageSize")]
    assert found == [1024, 1e12]
    assert config.get_option("client.showErrorDetails") == "type"
    assert config.get_option("theme.light.linkColor") == "#0b5e70"
    assert config.get_option("server.maxMessageSize") == 300


def test_what_a_command_line_says_stays(elsewhere):
    elsewhere(**{"server.maxUploadSize": 7})
    hold_settings(OURS)
    assert config.get_option("server.maxUploadSize") == 7


def test_a_file_that_is_absent_stops_the_start(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        hold_settings(tmp_path / "config.toml")
