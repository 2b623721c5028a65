"""The command line on files: exit status, rule ids, and the same assessment as on screen."""

import json
import shutil
from dataclasses import replace

import coarse_study
import dicomweb_server
import orthanc_server
import phantoms_dicom
import pytest
import tiny_bundle
from pdf_text import pages
from typer.testing import CliRunner

from deeptepp import __version__
from deeptepp.cli import app
from deeptepp.cli.studies import read_profile
from deeptepp.dicom.write import write_study
from deeptepp.errors import NotANumber
from deeptepp.file_sets import read_set, writing_set
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.model.network import build_network
from deeptepp.store import own_ledger

CP = """
sex = "F"
her2_status = "{her2}"
tumour_size_mm = 24
node_stage = "N1"
er_positive = false
is_invasive = true
had_biopsy_before_mr = false
had_neoadjuvant_therapy = false
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("cli")
    study = coarse_study.coarse_study()
    write_study(study.study, root / "study", description="simulated", patient_key="SIM")
    tiny_bundle.make_tiny_bundle(root / "bundle")
    (root / "positive.toml").write_text(CP.format(her2="positive"))
    (root / "negative.toml").write_text(CP.format(her2="negative"))
    (root / "study.truth").write_text(json.dumps(study.lesion.box.low + study.lesion.box.high))
    return root


@pytest.fixture(scope="module")
def scoring(folder):
    """Arguments that score the study of an eligible patient."""
    return ("score", folder / "study", "--cp", folder / "positive.toml", "--bundle", folder / "bundle")


@pytest.fixture(scope="module")
def scored(folder, scoring):
    """What scoring prints as JSON, with its files in the folder ``case``."""
    return run(*scoring, "--json", "--out", folder / "case")


@pytest.fixture(scope="module")
def text(scoring):
    return run(*scoring).stdout


def test_detect_finds_the_simulated_tumour_and_prints_its_box(folder):
    result = run("detect", folder / "study", "--json")
    assert result.exit_code == 0, result.output
    truth = json.loads((folder / "study.truth").read_text())
    answer = json.loads(result.stdout)
    assert "Not a medical device" in answer["marks"][0]
    assert answer["marks"][1:] == ["SIMULATED COHORT"]
    x, y, z = answer["candidates"][0]["centre_lps_mm"]
    assert truth[0] <= x <= truth[3]
    assert truth[1] <= y <= truth[4]
    assert truth[2] <= z <= truth[5]


def test_score_prints_the_assessment_and_leaves_with_zero(scored):
    assert scored.exit_code == 0, scored.output
    answer = json.loads(scored.stdout)
    assert answer["tier"] in ("Low", "Moderate", "High")
    assert "SIMULATED COHORT" in answer["marks"]
    assert answer["receipt"]["input_sha256"]


def test_an_ineligible_patient_leaves_with_one_and_the_rule(folder):
    arguments = (
        "score",
        folder / "study",
        "--cp",
        folder / "negative.toml",
        "--bundle",
        folder / "bundle",
        "--json",
    )
    result = run(*arguments)
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    rules = {f["rule"]: f for f in answer["findings"] if f["severity"] == "refusal"}
    assert rules["eligibility.her2"]["value"] == "negative"
    assert rules["eligibility.her2"]["limit"] == "positive"
    assert answer["score"] is None
    override = run(*arguments, "--allow-ineligible")
    assert override.exit_code == 0
    assert "OUTSIDE INTENDED USE" in json.loads(override.stdout)["marks"]


def test_text_output_carries_the_marks(text):
    assert "Research use only" in text
    assert "SIMULATED COHORT" in text
    assert "tier" in text


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("tumor_size_mm = 3", "clinical.unknown-field"),
        ("age_years = 7", "clinical.out-of-range"),
        ("tumour_size_mm = 10\nnode_stage = 'N0'\nstage = 'IIIA'", "clinical.contradiction"),
        ("not toml", "clinical.unreadable"),
        ("\xff", "clinical.unreadable"),
        ("clinical = 5", "clinical.unreadable"),
        ("age_years = " + "9" * 400, "clinical.out-of-range"),
        ("age_years = " + "9" * 5000, "clinical.unreadable"),
        ("her2_status = 'negative'\n[clinical]\nage_years = 50", "clinical.unknown-field"),
    ],
)
def test_bad_clinical_facts_leave_with_one_and_their_rule(folder, tmp_path, content, rule):
    (tmp_path / "cp.toml").write_text(content, encoding="latin-1")
    result = run("score", folder / "study", "--cp", tmp_path / "cp.toml", "--bundle", folder / "bundle", "--json")
    assert result.exit_code == 1
    assert [f["rule"] for f in json.loads(result.stdout)["findings"]] == [rule]


def test_facts_are_read_with_a_mark_of_the_byte_order_and_under_a_heading(tmp_path):
    path = tmp_path / "cp.toml"
    path.write_text("\ufeff[clinical]\nage_years = 50", encoding="utf-8")
    assert read_profile(path).age_years == 50


@pytest.mark.parametrize("head", ["", "[clinical]\n"])
def test_numbers_of_a_file_of_facts_may_have_a_decimal_comma(tmp_path, head):
    path = tmp_path / "cp.toml"
    path.write_text(f'{head}tumour_size_mm = 12,5  # mm\nki67_pct = "20,5 %"\nage_years = "unknown"\n')
    profile = read_profile(path)
    assert (profile.tumour_size_mm, profile.ki67_pct, profile.age_years) == (12.5, 20.5, None)
    for line, reason in (("tumour_size_mm = 12,500", "thousands"), ('ki67_pct = "<10"', "limit")):
        path.write_text(f"{head}{line}\n")
        with pytest.raises(NotANumber, match=reason):
            read_profile(path)


def test_what_is_no_number_is_wrong_usage(tmp_path):
    assert run("simulate", "study", "--out", tmp_path, "--latent-risk", "nan").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_changed_bundle_is_refused_by_checksum(folder, tmp_path):
    bundle = tiny_bundle.make_tiny_bundle(tmp_path / "bundle")
    (bundle / "CARD.md").write_text("changed")
    for result in (
        run("verify", bundle, "--json"),
        run("score", folder / "study", "--bundle", bundle, "--json"),
    ):
        assert result.exit_code == 1
        assert json.loads(result.stdout)["findings"][0]["rule"] == "bundle.checksum"


def test_verify_lists_every_file(folder):
    result = run("verify", folder / "bundle")
    assert result.exit_code == 0
    assert "weights.safetensors" in result.stdout


def test_export_writes_the_network_of_a_sound_bundle_alone(tmp_path):
    bundle, tiny = tmp_path / "bundle", load_bundle(tiny_bundle.make_tiny_bundle(tmp_path / "tiny"))
    net = {"in_channels": 1, "n_clinical": tiny.clinical.length, "head": "light", "stem_channels": 4}
    save_bundle(replace(tiny, net=build_network(net)), bundle)
    assert run("export", bundle).exit_code == 2
    result = run("export", bundle, "--onnx", tmp_path / "tiny.onnx")
    assert result.exit_code == 0, result.output
    assert b"RESEARCH USE ONLY; SIMULATED COHORT" in (tmp_path / "tiny.onnx").read_bytes()
    (bundle / "CARD.md").write_text("changed")
    result = run("export", bundle, "--onnx", tmp_path / "other.onnx")
    assert (result.exit_code, (tmp_path / "other.onnx").exists()) == (1, False)
    assert "bundle.checksum" in result.output


def test_a_path_that_is_not_there_is_wrong_usage(folder):
    assert run("detect", folder / "nowhere").exit_code == 2
    assert run("score").exit_code == 2
    assert run("simulate", "cohort").exit_code == 2


def test_a_file_that_is_no_study_leaves_with_one(tmp_path):
    (tmp_path / "letter.zip").write_text("hello")
    result = run("detect", tmp_path / "letter.zip", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["rule"] == "archive.not-a-zip"


def test_the_version_is_told_and_a_label_stands_with_the_result(folder, tmp_path):
    told = run("--version")
    assert (told.exit_code, told.stdout) == (0, f"deeptepp {__version__}\n")
    arguments = ("score", folder / "study", "--bundle", folder / "bundle", "--no-stability", "--allow-ineligible")
    refused = run(*arguments, "--label", "born 12.03.1971")
    assert refused.exit_code == 1
    assert "board.label-identifies" in refused.output
    assert "1971" not in refused.output
    answer = run(*arguments, "--label", "Case 7", "--out", tmp_path, "--json")
    assert json.loads(answer.stdout)["label"] == json.loads((tmp_path / "assessment.json").read_text())["label"]
    assert json.loads(answer.stdout)["tier_text"].endswith(", stability not measured")
    assert "Case 7" in pages((tmp_path / "one-page.pdf").read_bytes())[0]


def test_stability_comes_with_the_score_and_is_printed(scored, text):
    answer = json.loads(scored.stdout)
    scores = [shifted["score"] for shifted in answer["stability"]["scores"]]
    assert len(scores) == 7
    assert (answer["stability"]["low"], answer["stability"]["high"]) == (min(scores), max(scores))
    assert answer["stability"]["is_stable"] == (len(answer["stability"]["tiers"]) == 1)
    assert answer["tier_text"]
    assert "with the outline shifted 3 mm" in text


def test_score_writes_its_files_and_send_takes_them_to_the_pacs(folder, scored, tmp_path):
    out = folder / "case"
    assert json.loads((out / "assessment.json").read_text()) == json.loads(scored.stdout)
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.stem for path in out.glob("*.dcm")) == ["card", "measurements", "report", "segmentation"]
    nowhere = run("send", out, "--pacs", "http://127.0.0.1:9/dicom-web")
    assert (nowhere.exit_code, "pacs.unreachable" in nowhere.output) == (1, True)
    if orthanc_server.binary() is not None:
        (tmp_path / "orthanc").mkdir()
        with orthanc_server.running(tmp_path / "orthanc") as url:
            sent = run("send", out, "--pacs", f"{url}/dicom-web")
            assert (sent.exit_code, "PACS stored 4 objects" in sent.output) == (0, True), sent.output
            assert "filed under a study of their own" in sent.output
            again = run("send", out, "--pacs", f"{url}/dicom-web", "--patient-from", folder / "study")
            assert "filed under the patient of the files of the study" in again.output
            assert len(orthanc_server.get_json(f"{url}/instances")) == 8
            assert len(orthanc_server.get_json(f"{url}/dicom-web/studies")) == 2


def test_send_refuses_a_set_that_is_not_whole_or_of_two_results(folder, scored, tmp_path):
    shutil.copytree(folder / "case", tmp_path / "part")
    (tmp_path / "part" / "report.dcm").unlink()
    refused = run("send", tmp_path / "part", "--pacs", "http://127.0.0.1:9")
    assert (refused.exit_code, "files.incomplete" in refused.output) == (1, True)
    # A set that is whole as it is listed, and still not all objects of a result.
    whole = read_set(folder / "case")
    with writing_set(tmp_path / "few", {}) as part:
        for name in set(whole.digests) - {"report.dcm"}:
            (part / name).write_bytes(whole.read(name))
    refused = run("send", tmp_path / "few", "--pacs", "http://127.0.0.1:9")
    assert (refused.exit_code, "pacs.mixed-set" in refused.output) == (1, True)


def test_pull_fetches_the_one_study_and_lists_several_without_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "board.sqlite"))
    images = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), AccessionNumber="A1")
    other = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), StudyInstanceUID="1.2.4", AccessionNumber="A2")
    with dicomweb_server.answering(objects=images + other) as archive:
        fetched = run("pull", tmp_path / "one", "--accession", "A1", "--pacs", archive.url)
        several = run("pull", tmp_path / "two", "--patient-id", phantoms_dicom.RECORD, "--pacs", archive.url)
        none = run("pull", tmp_path / "none", "--accession", "A9", "--pacs", archive.url)
        full = run("pull", tmp_path / "one", "--accession", "A1", "--pacs", archive.url)
    assert fetched.exit_code == 0, fetched.output
    assert len(list((tmp_path / "one").iterdir())) == len(images)
    (told,) = own_ledger.own_ledger().entries()
    assert (told.kind, told.facts) == ("pulled", {"files": len(images)})
    assert (several.exit_code, "2. 2020-01-02  MR" in several.output) == (1, True)
    assert not [each for each in ("DOE", phantoms_dicom.RECORD, "A1", "A2") if each in several.output]
    assert (none.exit_code, "finds no such study" in none.output) == (1, True)
    assert full.exit_code == run("pull", tmp_path / "three").exit_code == 2


def test_listen_says_which_setting_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("listen")
    assert (refused.exit_code, "dicom_folder" in refused.output) == (1, True)


def test_send_without_a_pacs_or_without_objects_says_what_is_missing(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPTEPP_PACS_URL", raising=False)
    result = run(
        "score", folder / "study", "--cp", folder / "positive.toml", "--bundle", folder / "bundle", "--send"
    )
    assert (result.exit_code, "pacs.not-configured" in result.output) == (1, True)
    files = {
        "files.incomplete": {},
        "pacs.no-source": {"report.pdf": b"%PDF"},
        "pacs.not-ours": {"other.dcm": next((folder / "study").rglob("*.dcm")).read_bytes()},
    }
    for rule, contents in files.items():
        (tmp_path / rule).mkdir()
        if contents:
            with writing_set(tmp_path / rule, {}) as part:
                for name, content in contents.items():
                    (part / name).write_bytes(content)
        refused = run("send", tmp_path / rule, "--pacs", "http://127.0.0.1:9")
        assert (refused.exit_code, rule in refused.output) == (1, True)


def test_send_refuses_a_folder_of_two_results(folder, scored, tmp_path):
    shutil.copytree(folder / "case", tmp_path / "case")
    with (tmp_path / "case" / "report.dcm").open("ab") as file:
        file.write(b"0")
    refused = run("send", tmp_path / "case", "--pacs", "http://127.0.0.1:9")
    assert (refused.exit_code, "files.mixed" in refused.output) == (1, True)


def test_score_and_report_leave_a_folder_of_other_files_alone(folder, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    for command in (
        ("score", folder / "study", "--bundle", folder / "bundle", "--out", tmp_path),
        ("report", "cohort", folder / "bundle" / "reference_cohort.parquet", "--out", tmp_path),
    ):
        refused = run(*command)
        assert (refused.exit_code, "files.folder-in-use" in refused.output) == (1, True), refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_study_that_cannot_be_read_gives_a_report_all_the_same(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text("no image")
    out = tmp_path / "case"
    result = run("score", tmp_path / "empty", "--bundle", folder / "bundle", "--out", out)
    assert result.exit_code == 1
    assert sorted(read_set(out).digests) == ["assessment.json", "one-page.pdf", "report.pdf"]


@pytest.mark.parametrize("command", [("detect",), ("score",), ("cohort", "check")])
def test_a_refusal_in_json_carries_marks_what_was_found_and_what_is_asked(command, tmp_path):
    path = tmp_path / "letter.parquet"
    path.write_text("Dear colleague")
    result = run(*command, path, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert "Not a medical device" in answer["marks"][0]
    if command[0] in ("detect", "score"):
        (finding,) = answer["findings"]
        assert finding["rule"] == "archive.not-a-zip"
        assert finding["value"] == "14 bytes in another format"
        assert "zip archive" in finding["limit"]
