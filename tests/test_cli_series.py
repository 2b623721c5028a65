"""The command line on studies that can be read in more than one way: the table, the question, and every choice."""

import json
import re

import phantoms
import phantoms_dicom
import pytest
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.dicom import read_dicom as reader
from deeptepp.dicom.write import write_study
from deeptepp.domain.study import PhaseProposal, Side
from deeptepp.errors import NoPreContrast, TwoSides
from deeptepp.scoring import images as scoring

WAYS = (PhaseProposal(("s1", "s2", "s3"), "As they were acquired."), PhaseProposal(("s1", "s3"), "Without s2."))
SIDES = (
    PhaseProposal(("s1", "s2"), "The right breast.", Side.RIGHT),
    PhaseProposal(("s1", "s3"), "The left breast.", Side.LEFT),
)
BOX = "-82,-2,-7,-58,22,17"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("series")
    phantom = phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0), times_s=(0.0, 90.0, 180.0))
    write_study(phantom.study, root / "study", description="simulated", patient_key="SIM")
    tiny_bundle.make_tiny_bundle(root / "bundle")
    return root


@pytest.fixture
def question(monkeypatch):
    """Make the reader ask unless phases or a side are given."""

    def ask(error):
        real = reader.read_study

        def read(source, *, phase_keys=None, side=None, **more):
            if phase_keys is None and side is None:
                raise error
            return real(source, phase_keys=phase_keys, side=side, **more)

        monkeypatch.setattr(reader, "read_study", read)
        monkeypatch.setattr(scoring, "read_study", read)

    return ask


def test_series_prints_the_table_its_reasons_and_the_options_that_read_the_same(folder):
    result = run("series", folder / "study")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["key", "images", "matrix", "spacing", "mm", "begun", "s", "role", "series"]
    assert re.match(r"s2 +40 +113 x 67 +3.00 x 3.00 x 3.00 +90 +post-contrast 1 ", lines[3])
    assert "begun 1:30\u00a0min after it" in lines[4]
    (options,) = re.findall(r"--phases (\S+)", result.stdout)
    assert options == "s1,s2,s3"
    same = [
        json.loads(run("detect", folder / "study", *more, "--json").stdout) for more in ((), ("--phases", options))
    ]
    assert same[0]["input_sha256"] == same[1]["input_sha256"]


def test_series_prints_the_question_with_every_way_to_go_on(folder, question):
    question(NoPreContrast(value=3, proposals=WAYS))
    result = run("series", folder / "study", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert [one["key"] for one in answer["series"]] == ["s1", "s2", "s3"]
    assert answer["findings"][0]["rule"] == "dicom.no-pre-contrast"
    assert [each["options"] for each in answer["proposals"]] == ["--phases s1,s2,s3", "--phases s1,s3"]
    text = run("series", folder / "study").stdout
    assert "--phases s1,s3\n      pre + 1 post-contrast, 3.0 x 3.0 x 3.0 mm, s1, s3. Without s2." in text


@pytest.mark.parametrize("command", ["score", "detect"])
def test_a_refusal_that_knows_ways_on_prints_them_and_each_goes_through(folder, question, command):
    question(NoPreContrast(value=3, proposals=WAYS))
    arguments = [command, folder / "study", *(["--bundle", folder / "bundle"] if command == "score" else [])]
    result = run(*arguments, "--json")
    assert result.exit_code == 1
    ways = json.loads(result.stdout)["proposals"]
    assert [each["keys"] for each in ways] == [["s1", "s2", "s3"], ["s1", "s3"]]
    assert "--phases s1,s3\n      Without s2." in run(*arguments).output
    chosen = run(*arguments, *ways[1]["options"].split(), "--json")
    assert chosen.exit_code == 0, chosen.output
    rules = [f["rule"] for f in json.loads(chosen.stdout)["findings"] if f["severity"] == "refusal"]
    assert all(rule.startswith("eligibility.") for rule in rules)


def test_a_box_stands_in_for_the_detector_with_its_side(folder):
    result = run("detect", folder / "study", "--box", BOX, "--json")
    assert result.exit_code == 0, result.output
    (lesion,) = json.loads(result.stdout)["candidates"]
    assert (lesion["origin"], lesion["side"]) == ("reader", "right")
    swapped = ",".join([*BOX.split(",")[3:], *BOX.split(",")[:3]])
    assert json.loads(run("detect", folder / "study", "--box", swapped, "--json").stdout)["candidates"] == [lesion]
    scored = run("score", folder / "study", "--bundle", folder / "bundle", "--box", BOX, "--json")
    assert json.loads(scored.stdout)["lesion"]["box_lps_mm"] == lesion["box_lps_mm"]
    assert "Right breast" in run("detect", folder / "study", "--box", BOX).stdout
    assert "Tumour right breast, " in run("score", folder / "study", "--bundle", folder / "bundle").stdout
    outside = run("detect", folder / "study", "--box", "900,900,900,910,910,910", "--json")
    assert json.loads(outside.stdout)["findings"][0]["rule"] == "detection.box-outside"


def test_candidates_of_both_breasts_are_listed_with_their_side(folder, question):
    question(TwoSides(value=2, proposals=SIDES))
    result = run("detect", folder / "study", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["candidates"]
    assert {each["side"] for each in found} == {"left", "right"}
    assert [each["confidence"] for each in found] == sorted((each["confidence"] for each in found), reverse=True)
    left = json.loads(run("detect", folder / "study", "--side", "left", "--json").stdout)["candidates"]
    assert {each["side"] for each in left} == {"left"}
    listed = run("series", folder / "study", "--json")
    assert listed.exit_code == 0
    assert [each["options"] for each in json.loads(listed.stdout)["proposals"]] == [
        "--phases s1,s2 --side right",
        "--phases s1,s3 --side left",
    ]


@pytest.mark.parametrize(
    "options", [("--box", "1,2,3"), ("--box", "a,b,c,d,e,f"), ("--phases", "s1,,s2"), ("--side", "both")]
)
def test_a_choice_that_says_nothing_is_wrong_usage(folder, options):
    assert run("detect", folder / "study", *options).exit_code == 2


def test_the_table_holds_no_identifier(tmp_path):
    phantoms_dicom.save(phantoms_dicom.dynamic_series(phantoms_dicom.truth()), tmp_path)
    text = run("series", tmp_path).output + run("series", tmp_path, "--json").output
    assert "ax dyn" in text
    assert not [each for each in ("DOE", "19620314", "MRN0048812", "1.2.3") if each in text]
