import ast
import inspect
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.errors import BadSetting, UnknownSetting
from deeptepp.train import settings as module
from deeptepp.train.settings import TrainSettings, read_settings

NEEDED = {"dataset": "data", "output": "out"}


def test_the_defaults_are_those_of_the_method():
    settings = TrainSettings.from_mapping(NEEDED)
    assert settings.granularities == (8, 4, 2, 1)
    assert settings.loss_weights == (1.0, 1.0, 1.0, 2.0)
    assert (settings.learning_rate, settings.momentum, settings.weight_decay) == (0.01, 0.9, 5e-4)
    assert (settings.protocol, settings.mv_mode, settings.grad_clip) == ("strict", "balanced", 5.0)
    assert settings.views.mosaic_px == 112


@pytest.mark.parametrize("key", ["epoch", "learn_rate", "datasets"])
def test_an_unknown_key_is_refused_with_the_nearest_name(key):
    nearest = {"epoch": "epochs", "learn_rate": "learning_rate", "datasets": "dataset"}[key]
    with pytest.raises(UnknownSetting, match=f"Did you mean {nearest}"):
        TrainSettings.from_mapping({**NEEDED, key: 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("learning_rate", "fast"),
        ("learning_rate", float("nan")),
        ("protocol", "loose"),
        ("inputs", "ct"),
        ("granularities", [8, 4, 2]),
        ("loss_weights", [1, 1, 1, -2]),
        ("view_names", []),
        ("view_names", ["axial", "axial"]),
        ("view_names", ["oblique"]),
        ("n_slices", 15),
        ("name", "../elsewhere"),
        ("dataset", 3),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(key, value):
    with pytest.raises(BadSetting, match=f"Setting {key} is") as caught:
        TrainSettings.from_mapping({**NEEDED, key: value})
    assert caught.value.rule == "settings.bad-value"


def test_an_absent_folder_is_named():
    with pytest.raises(BadSetting, match="Setting output is absent"):
        TrainSettings.from_mapping({"dataset": "data"})


@given(
    epochs=st.integers(1, 1000),
    learning_rate=st.floats(1e-6, 10),
    mv_mode=st.sampled_from(["balanced", "paper", "none"]),
    view_names=st.sampled_from([("axial",), ("sagittal", "axial")]),
)
def test_settings_survive_a_round_trip_through_toml(tmp_path_factory, **changes):
    path = tmp_path_factory.mktemp("settings") / "train.toml"
    settings = replace(TrainSettings(dataset=path.parent / "data", output=path.parent / "out"), **changes)
    path.write_text(tomli_w.dumps(settings.to_mapping()), encoding="utf-8")
    assert read_settings(path) == settings


def test_folders_are_relative_to_the_settings_file(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text('dataset = "data"\noutput = "../out"\n', encoding="utf-8")
    settings = read_settings(path)
    assert settings.dataset == tmp_path / "data"
    assert settings.output == tmp_path.parent / "out"


def test_what_travels_in_a_bundle_names_no_folder_of_the_machine(tmp_path):
    settings = TrainSettings(dataset=tmp_path / "data", output=tmp_path / "out")
    assert str(tmp_path) not in tomli_w.dumps(settings.to_published())


@pytest.mark.parametrize("text", ["epochs = ", None])
def test_an_unreadable_file_is_refused(tmp_path, text):
    path = tmp_path / "train.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSetting, match="readable TOML"):
        read_settings(path)


def test_every_setting_is_documented_beneath_its_field():
    tree = ast.parse(inspect.getsource(module))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "TrainSettings").body
    documented = {
        node.target.id
        for node, after in pairwise(body)
        if isinstance(node, ast.AnnAssign)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }
    assert documented == {field.name for field in fields(TrainSettings)}


def test_the_example_in_the_manual_is_valid():
    example = Path(__file__).parents[2] / "docs" / "examples" / "train.toml"
    assert read_settings(example).name == "deeptepp-sim"


def test_every_setting_stands_in_the_manual():
    manual = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    missing = [field.name for field in fields(TrainSettings) if f"| `{field.name}` |" not in manual]
    assert missing == []
