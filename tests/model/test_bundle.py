import hashlib
import os
import shutil
import subprocess
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle
import tomli_w
import torch

from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import (
    BadSetting,
    BundleError,
    BundleMissing,
    ChecksumMismatch,
    MissingColumn,
    SchemaMismatch,
)
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.bundle import (
    FILES,
    MAX_BUNDLE_BYTES,
    SCORE_VERSION,
    SUMS,
    WEIGHTS,
    as_served,
    default_bundle_path,
    load_bundle,
    save_bundle,
    verify_bundle,
)
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.network import build_network, initialise
from deeptepp.views.planes import ViewSettings


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "tiny")


def sign(folder):
    """Write checksums that fit the files, as a maker of bundles would."""
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(FILES)]
    (folder / SUMS).write_text("".join(lines))


def edit(folder, **changes):
    """Change top-level entries of bundle.toml (None removes one) and sign again."""
    table = tomllib.loads((folder / "bundle.toml").read_text()) | changes
    (folder / "bundle.toml").write_text(tomli_w.dumps({k: v for k, v in table.items() if v is not None}))
    sign(folder)


def test_all_that_is_saved_comes_back(written):
    bundle = load_bundle(written)
    assert (bundle.name, bundle.is_simulated, bundle.score_version) == ("tiny", True, SCORE_VERSION)
    assert bundle.roi == RoiSettings()
    assert bundle.views == ViewSettings()
    assert bundle.tiers == tiny_bundle.TIERS
    assert bundle.net.settings == tiny_bundle.tiny_net().settings
    assert bundle.metrics["oof_auc"]["n"] == 60
    assert bundle.card.startswith("# tiny")
    assert bundle.training == {"seed": tiny_bundle.SEED}
    cohort = tiny_bundle.tiny_cohort()
    assert bundle.reference.is_simulated
    for name, column in cohort.columns.items():
        np.testing.assert_array_equal(bundle.reference[name], column)


def test_saving_what_was_loaded_writes_the_same_bytes(written, tmp_path):
    first = load_bundle(written)
    second = save_bundle(first, tmp_path / "again")
    assert second.sha256 == first.sha256
    assert verify_bundle(written) == verify_bundle(tmp_path / "again")


def test_the_bundle_serves_rounded_weights_before_and_after_it_is_written(written, tmp_path):
    net = tiny_bundle.tiny_net()
    before = net.trunk.conv1.weight.clone()
    made = replace(load_bundle(written), net=net)
    save_bundle(made, tmp_path)
    loaded = load_bundle(tmp_path)
    for name, weight in made.net.state_dict().items():
        assert torch.equal(weight, loaded.net.state_dict()[name]), name
        assert weight.dtype in (torch.float32, torch.int64)
    assert torch.equal(made.net.trunk.conv1.weight, before.half().float())
    assert not torch.equal(made.net.trunk.conv1.weight, before)
    assert torch.equal(net.trunk.conv1.weight, before)
    assert not loaded.net.training
    assert not any(p.requires_grad for p in loaded.net.parameters())


def test_a_network_trained_channels_last_is_saved_like_any_other(written, tmp_path):
    net = tiny_bundle.tiny_net().to(memory_format=torch.channels_last)
    save_bundle(replace(load_bundle(written), net=net), tmp_path)
    assert verify_bundle(tmp_path)[WEIGHTS] == verify_bundle(written)[WEIGHTS]


def test_weights_beyond_half_precision_are_refused():
    net = tiny_bundle.tiny_net()
    with torch.no_grad():
        net.trunk.bn1.running_var[0] = 1e6
    with pytest.raises(ValueError, match=r"bn1\.running_var"):
        as_served(net)


def test_the_full_network_fits_into_the_size_allowed(written, tmp_path):
    net = MMResNet(1, 10)
    initialise(net, torch.Generator().manual_seed(0))
    save_bundle(replace(load_bundle(written), net=net), tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 23e6 < size < 24e6 < MAX_BUNDLE_BYTES


def test_a_bundle_above_the_size_allowed_is_refused(written, tmp_path, monkeypatch):
    monkeypatch.setattr("deeptepp.model.bundle.MAX_BUNDLE_BYTES", 10_000)
    with pytest.raises(ValueError, match="more than the 10000 allowed"):
        save_bundle(load_bundle(written), tmp_path)
    assert not (tmp_path / SUMS).exists()


def test_metrics_that_json_cannot_hold_are_refused(written, tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        save_bundle(replace(load_bundle(written), metrics={"auc": float("nan")}), tmp_path)


def test_the_checksums_are_read_by_sha256sum(written):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("sha256sum is not installed")
    checked = subprocess.run([tool, "--check", "--strict", SUMS], cwd=written, capture_output=True, check=False)
    assert checked.returncode == 0
    assert checked.stdout.count(b": OK") == len(FILES)


def test_the_digest_of_the_bundle_is_that_of_its_checksums(written):
    assert load_bundle(written).sha256 == hashlib.sha256((written / SUMS).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_any_file_is_found(folder, name):
    path = folder / name
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ChecksumMismatch, match=name) as refused:
        load_bundle(folder)
    assert refused.value.rule == "bundle.checksum"
    assert str(folder) not in str(refused.value)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_an_absent_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleMissing, match=name):
        load_bundle(folder)


def test_a_file_without_a_checksum_is_refused(folder):
    lines = (folder / SUMS).read_text().splitlines(keepends=True)
    (folder / SUMS).write_text("".join(line for line in lines if WEIGHTS not in line))
    with pytest.raises(ChecksumMismatch, match=WEIGHTS):
        verify_bundle(folder)


def test_nothing_is_parsed_before_the_checksums_were_verified(folder):
    (folder / "bundle.toml").write_text("this = is not = toml")
    with pytest.raises(ChecksumMismatch, match=r"bundle\.toml"):
        load_bundle(folder)


def test_a_later_schema_is_refused_by_its_number(folder):
    edit(folder, schema_version=3)
    with pytest.raises(SchemaMismatch, match="schema 3; this version reads 2"):
        load_bundle(folder)


def test_a_later_schema_is_named_even_where_it_has_other_files(folder):
    edit(folder, schema_version=3)
    (folder / "training.toml").unlink()
    with pytest.raises(SchemaMismatch, match="schema 3; this version reads 2"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["../secret.md", "/etc/passwd", "other.bin"])
def test_a_checksum_of_a_file_that_no_bundle_has_is_refused(folder, name):
    (folder.parent / "secret.md").write_text("secret")
    with (folder / SUMS).open("a") as sums:
        sums.write(f"{hashlib.sha256(b'secret').hexdigest()}  {name}\n")
    with pytest.raises(SchemaMismatch, match="other files"):
        verify_bundle(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"tiers": None},
        {"schema_version": None},
        {"roi": {"size_mm": 72.0, "channels": ["post"], "wobble": 1}},
        {"network": {"in_channels": 1, "n_clinical": 10}},
        {"views": {"names": ["upside-down"]}},
        {"clinical": {"features": [], "mean": [], "sd": [], "had_missing": []}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_sections_of_another_layout_are_refused_by_name(folder, changes):
    edit(folder, **changes)
    with pytest.raises(SchemaMismatch):
        load_bundle(folder)


def test_weights_that_are_no_safetensors_are_refused_by_name(folder):
    (folder / WEIGHTS).write_bytes(b"\x80\x04pickled")
    sign(folder)
    with pytest.raises(BundleError):
        load_bundle(folder)


def test_network_channels_and_field_of_view_must_fit_together(written):
    bundle = load_bundle(written)
    with pytest.raises(BadSetting, match="in_channels"):
        replace(bundle, roi=RoiSettings(channels=("pre", "post")))
    with pytest.raises(BadSetting, match="n_clinical"):
        replace(bundle, net=tiny_bundle.tiny_net(n_clinical=5))
    with pytest.raises(BadSetting, match=r"views\.fov_mm is 64.0; it must be at most 59"):
        replace(bundle, roi=RoiSettings(size_mm=60.0))


def test_the_reference_cohort_must_have_scores_and_tiers(written):
    bundle = load_bundle(written)
    columns = {k: v for k, v in bundle.reference.columns.items() if k not in (SCORE, TIER)}
    with pytest.raises(MissingColumn, match="score, tier"):
        replace(bundle, reference=Cohort(columns, is_simulated=True))


def test_documents_and_the_origin_of_the_score_come_back(written, tmp_path):
    texts = {"TRIPOD-AI.md": "# TRIPOD+AI\n", "CLAIM.md": "# CLAIM\n\nÄ\n"}
    recalibration = Recalibration(-1.7, 0.73)
    changed = replace(load_bundle(written), documents=texts, score_from="combined", recalibration=recalibration)
    save_bundle(changed, tmp_path)
    loaded = load_bundle(tmp_path)
    assert loaded.recalibration == recalibration
    assert loaded.documents == texts
    assert loaded.score_from == "combined"
    assert set(verify_bundle(tmp_path)) == {*FILES, *texts}


@pytest.mark.parametrize("damage", [lambda path: path.write_text("# other\n"), lambda path: path.unlink()])
def test_a_document_is_under_its_checksum(written, tmp_path, damage):
    save_bundle(replace(load_bundle(written), documents={"CLAIM.md": "# CLAIM\n"}), tmp_path)
    damage(tmp_path / "CLAIM.md")
    with pytest.raises(BundleError, match=r"CLAIM\.md"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["../CLAIM.md", "a/b.md", ".md", ".hidden.md", "CLAIM.html", "CARD.md", "x\n.md"])
def test_a_document_of_another_name_is_refused(written, name):
    with pytest.raises(BadSetting, match="plain file name"):
        replace(load_bundle(written), documents={name: "text"})


def test_bundles_from_before_documents_and_backbones_are_read(folder):
    table = tomllib.loads((folder / "bundle.toml").read_text())
    network = {k: v for k, v in table["network"].items() if k not in ("backbone", "deform_last_stage")}
    edit(folder, network=network, score_from=None)
    bundle = load_bundle(folder)
    assert bundle.score_from == "concat"
    assert bundle.documents == {}
    assert bundle.net.settings["backbone"] == "mm_resnet"


@pytest.mark.parametrize("backbone", ["shake_shake", "cp_mlp"])
def test_a_bundle_may_hold_any_network_of_the_registry(written, tmp_path, backbone):
    shape = {"shake_shake": {"base_channels": 4}, "cp_mlp": {"width": 8}}[backbone]
    net = build_network({"backbone": backbone, "in_channels": 1, "n_clinical": 10, **shape})
    save_bundle(replace(load_bundle(written), net=net), tmp_path)
    loaded = load_bundle(tmp_path).net
    assert loaded.settings == net.settings
    assert all(torch.equal(p.half(), q.half()) for p, q in zip(net.parameters(), loaded.parameters(), strict=True))


def test_a_score_from_elsewhere_is_refused(written):
    with pytest.raises(BadSetting, match="concat or combined"):
        replace(load_bundle(written), score_from="mean")


def test_the_named_folder_may_be_a_bundle_or_hold_bundles(folder, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(folder))
    assert default_bundle_path() == folder
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(folder.parent))
    assert default_bundle_path() == folder
    newer = shutil.copytree(folder, folder.parent / "a-newer-one")
    os.utime(newer / SUMS, ns=(2**62, 2**62))
    assert default_bundle_path() == newer
    assert load_bundle().sha256 == load_bundle(folder).sha256


def test_a_folder_without_a_bundle_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path))
    with pytest.raises(BundleMissing, match="no bundle in the artifacts folder"):
        load_bundle()


def test_the_repository_has_its_own_artifacts_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("DEEPTEPP_ARTIFACTS", raising=False)
    monkeypatch.setattr("deeptepp.model.bundle.__file__", str(tmp_path / "deeptepp" / "model" / "bundle.py"))
    expected = tiny_bundle.make_tiny_bundle(tmp_path / "artifacts" / "tiny")
    assert default_bundle_path() == expected
