"""Settings are checked key by key."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from deeptepp.config import Settings, load_settings
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
