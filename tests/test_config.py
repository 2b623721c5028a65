"""Settings are checked key by key."""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path

import pytest

from deeptepp.config import Settings, load_settings, read_secret
from deeptepp.errors import BadSetting, UnknownSetting


def _write(folder: Path, text: str) -> Path:
    path = folder / "deeptepp.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_absent_file_gives_the_defaults(tmp_path):
    assert load_settings(tmp_path / "none.toml") == Settings()


def test_the_file_of_the_working_directory_is_read(tmp_path, monkeypatch):
    _write(tmp_path, 'n_workers = 3\nartifacts = "models/ours"\nsweep_every_s = 5\n')
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.n_workers, settings.artifacts, settings.sweep_every_s) == (3, Path("models/ours"), 5)


def test_a_file_that_changes_holds_from_the_next_time_on(tmp_path):
    file = _write(tmp_path, "n_workers = 3")
    assert [load_settings(file).n_workers, load_settings(file).n_workers] == [3, 3]
    assert load_settings(_write(tmp_path, "n_workers = 4")).n_workers == 4
    file.unlink()
    assert load_settings(file) == Settings()


def test_an_unknown_key_names_the_nearest_one(tmp_path):
    with pytest.raises(UnknownSetting, match=r"n_worker\..*n_workers"):
        load_settings(_write(tmp_path, "n_worker = 3"))


@pytest.mark.parametrize(
    "line",
    [
        'n_workers = "three"',
        "n_workers = true",
        "n_workers = 0",
        "n_workers = 2.5",
        "is_login_required = 1",
        "artifacts = 7",
        "board = 7",
        'board = " "',
        "sweep_every_s = 0.01",
        "n_workers = [",
        "hosts = 'a'",
        "hosts = [7]",
        "roles = { surgeon = ['a'] }",
        "roles = { board = 'a' }",
    ],
)
def test_a_value_of_the_wrong_kind_or_range_is_refused(tmp_path, line):
    with pytest.raises(BadSetting):
        load_settings(_write(tmp_path, line))


def test_every_setting_can_be_set(tmp_path):
    lines = {"artifacts": '"x"', "board": '"x.sqlite"', "is_login_required": "true"}
    lines |= {"pacs_url": '"https://pacs.example"', "pacs_name": '"PACS"'}
    lines |= {"public_url": '"https://x"', "oidc_issuer": '"https://y"', "oidc_client_id": '"z"'}
    lines |= {"oidc_scope": '"openid"', "groups_claim": '"groups"', "is_open_without_login": "true"}
    lines |= {"hosts": '["x"]', "trusted_proxies": '["10.0.0.1"]', "roles": '{ board = ["tumour-board"] }'}
    lines |= {"images_folder": '"x"'}
    lines |= {"dicom_folder": '"arrived"'} | dict.fromkeys(
        ("dicom_address", "dicom_ae_title", "dicom_callers"), '"a"'
    )
    text = "\n".join(f"{f.name} = {lines.get(f.name, 60)}" for f in fields(Settings))
    with pytest.raises(BadSetting, match="n_workers"):
        load_settings(_write(tmp_path, text))
    load_settings(_write(tmp_path, text.replace("n_workers = 60", "n_workers = 2")))


def _secret(folder: Path, content: bytes, mode: int = 0o400) -> dict[str, str]:
    path = folder / "secret-of-mary"
    path.write_bytes(content)
    path.chmod(mode)
    return {"DEEPTEPP_X_FILE": str(path)}


def test_a_secret_comes_from_its_variable_or_its_file_without_blanks(tmp_path):
    assert read_secret("DEEPTEPP_X", {}) == ""
    assert read_secret("DEEPTEPP_X", {"DEEPTEPP_X": " abc\n"}) == "abc"
    assert read_secret("DEEPTEPP_X", _secret(tmp_path, b"\n abc \r\n")) == "abc"


def test_a_secret_that_is_given_twice_or_cannot_be_read_is_refused_without_its_value_or_path(tmp_path):
    cases = [
        _secret(tmp_path, b"hunter2") | {"DEEPTEPP_X": "hunter2"},
        {"DEEPTEPP_X_FILE": str(tmp_path / "secret-of-mary-absent")},
        {"DEEPTEPP_X_FILE": str(tmp_path)},
    ]
    for environment in cases:
        with pytest.raises(BadSetting, match="DEEPTEPP_X") as refused:
            read_secret("DEEPTEPP_X", environment)
        assert not {"hunter2", "mary"} & set(str(refused.value).replace("/", " ").replace("-", " ").split())
    for content in (b" \n", b"\xff\xfe"):
        with pytest.raises(BadSetting, match="DEEPTEPP_X_FILE"):
            read_secret("DEEPTEPP_X", _secret(tmp_path, content, 0o600))


def test_a_secret_that_every_account_can_read_is_warned_of_once_by_its_name_alone(tmp_path, caplog):
    environment = {"DEEPTEPP_WIDE_FILE": _secret(tmp_path, b"hunter2", 0o444)["DEEPTEPP_X_FILE"]}
    with caplog.at_level(logging.WARNING):
        assert [read_secret("DEEPTEPP_WIDE", environment) for _ in range(3)] == ["hunter2"] * 3
        read_secret("DEEPTEPP_X", {"DEEPTEPP_X": "a"})
    assert len(caplog.messages) == 1
    assert "DEEPTEPP_WIDE_FILE" in caplog.text
    assert "hunter2" not in caplog.text
    assert "mary" not in caplog.text
