from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_bundle
import torch

from deeptepp.domain.risk import Recalibration
from deeptepp.errors import BadSetting
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.bundle import load_bundle
from deeptepp.model.clinical_features import fit_schema
from deeptepp.model.network import build_network, initialise, risk_logits
from deeptepp.model.onnx import export_onnx


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("onnx") / "tiny"))


@pytest.fixture(scope="module")
def exported(bundle, tmp_path_factory):
    return export_onnx(bundle, tmp_path_factory.mktemp("onnx") / "new-folder" / "tiny.onnx")


@pytest.fixture(scope="module")
def light(bundle):
    """The bundle of real patients, with a network that is exported fast."""
    return replace(bundle, is_simulated=False, net=light_net(bundle))


@pytest.fixture(scope="module")
def light_export(light, tmp_path_factory):
    return export_onnx(light, tmp_path_factory.mktemp("onnx") / "light.onnx")


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def inputs(bundle, n):
    rng, side = np.random.default_rng(n), bundle.views.mosaic_px
    views = rng.standard_normal((n, len(bundle.roi.channels), side, side)).astype(np.float32)
    return views, rng.standard_normal((n, bundle.clinical.length)).astype(np.float32)


def expected(bundle, views, clinical):
    with torch.inference_mode():
        y = risk_logits(bundle.net(torch.tensor(views), torch.tensor(clinical)), bundle.score_from)
    return bundle.recalibration(torch.softmax(y, dim=1)[:, 1].numpy())


@pytest.mark.parametrize("n", [1, 2, 9, 13])
def test_the_file_gives_the_risk_that_the_network_gives_for_any_number_of_views(bundle, exported, n):
    views, clinical = inputs(bundle, n)
    (risk,) = session(exported).run(None, {"views": views, "clinical": clinical})
    np.testing.assert_allclose(risk, expected(bundle, views, clinical), atol=1e-4)
    assert risk.shape == (n,)


def test_the_file_says_what_it_is(bundle, exported):
    facts = session(exported).get_modelmeta().custom_metadata_map
    assert facts["marks"] == "RESEARCH USE ONLY; SIMULATED COHORT"
    assert facts["bundle_sha256"] == bundle.sha256 != ""
    assert facts["clinical_features"].startswith("tumour_stage")
    assert "SIMULATED COHORT" in onnx.load(exported).doc_string


def test_a_bundle_of_real_patients_has_no_mark_of_a_simulation(light_export):
    assert session(light_export).get_modelmeta().custom_metadata_map["marks"] == "RESEARCH USE ONLY"


def test_the_file_names_no_folder_of_this_machine(exported):
    content = exported.read_bytes()
    for folder in (Path(__file__).parents[2], Path(torch.__file__).parents[1], Path.home()):
        assert str(folder).encode() not in content
    assert b".py" not in content


def test_exporting_again_writes_the_same_bytes(light, light_export, tmp_path):
    assert export_onnx(light, tmp_path / "again.onnx").read_bytes() == light_export.read_bytes()


def test_the_sum_of_all_logits_and_the_recalibration_are_exported_when_the_bundle_has_them(bundle, tmp_path):
    combined, moved = {"score_from": "combined"}, {"recalibration": Recalibration(-1.5, 0.7)}
    both = replace(bundle, **combined, **moved)
    views, clinical = inputs(bundle, 3)
    (risk,) = session(export_onnx(both, tmp_path / "c.onnx")).run(None, {"views": views, "clinical": clinical})
    np.testing.assert_allclose(risk, expected(both, views, clinical), atol=1e-4)
    # Neither of them alone gives the same.
    for one in (combined, moved):
        assert np.abs(risk - expected(replace(bundle, **one), views, clinical)).max() > 1e-3


def test_a_network_of_images_alone_has_one_input(bundle, tmp_path):
    net = light_net(bundle, n_clinical=0)
    images = replace(bundle, net=net, clinical=fit_schema(bundle.reference, ()))
    views, clinical = inputs(images, 3)
    runtime = session(export_onnx(images, tmp_path / "images.onnx"))
    assert [each.name for each in runtime.get_inputs()] == ["views"]
    np.testing.assert_allclose(
        runtime.run(None, {"views": views})[0], expected(images, views, clinical), atol=1e-4
    )


@pytest.mark.parametrize(
    "table",
    [
        {"backbone": "cp_mlp", "width": 8},
        {"head": "light", "stem_channels": 4, "deform_last_stage": True},
    ],
    ids=["cp_mlp", "deformable"],
)
def test_other_networks_are_exported_too(bundle, tmp_path, table):
    net = build_network({"in_channels": 2, "n_clinical": bundle.clinical.length, **table})
    initialise(net, torch.Generator().manual_seed(0))
    other = replace(bundle, net=net, roi=RoiSettings(channels=("pre", "post")))
    views, clinical = inputs(other, 3)
    (risk,) = session(export_onnx(other, tmp_path / "o.onnx")).run(None, {"views": views, "clinical": clinical})
    np.testing.assert_allclose(risk, expected(other, views, clinical), atol=1e-4)


def light_net(bundle, *, n_clinical=None):
    """A network that is exported fast."""
    n = bundle.clinical.length if n_clinical is None else n_clinical
    net = build_network({"in_channels": 1, "n_clinical": n, "head": "light", "stem_channels": 4})
    initialise(net, torch.Generator().manual_seed(0))
    return net


def test_a_bundle_recalibrated_on_site_is_not_exported(light, tmp_path):
    with pytest.raises(BadSetting, match="the bundle it was made from"):
        export_onnx(replace(light, on_site=Recalibration(0.5)), tmp_path / "site.onnx")
