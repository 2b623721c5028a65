"""Receipts on the command line: written, kept, walked, and made again; a broken trail is named."""

import json
import sqlite3
from dataclasses import replace

import coarse_study
import pytest
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.dicom.write import write_study
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.risk import Recalibration
from deeptepp.domain.score_receipt import Receipt
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.store.ledger import ledger_of

CP = """
sex = "F"
her2_status = "positive"
tumour_size_mm = 24
is_invasive = true
had_biopsy_before_mr = false
had_neoadjuvant_therapy = false
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("receipts")
    write_study(coarse_study.coarse_study().study, root / "study", description="simulated", patient_key="SIM")
    tiny_bundle.make_tiny_bundle(root / "bundle")
    (root / "facts.toml").write_text(CP)
    return root


@pytest.fixture(scope="module")
def store(folder):
    return folder / "board.sqlite"


@pytest.fixture(scope="module")
def scored(folder, store):
    """What scoring prints, with the receipt in a file and in the store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPTEPP_BOARD", str(store))
        arguments = ("score", folder / "study", "--cp", folder / "facts.toml", "--bundle", folder / "bundle")
        done = run(*arguments, "--no-stability", "--json", "--receipt", folder / "receipt.json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_score_leaves_its_receipt_in_the_file_and_in_the_store(scored, folder, store):
    written = Receipt.from_json((folder / "receipt.json").read_text())
    assert (written.score, written.id) == (scored["score"], scored["receipt"]["id"])
    assert ledger_of(str(store)).receipt(written.id) == written
    (entry,) = ledger_of(str(store)).entries()
    assert (entry.kind, entry.who, entry.about) == (LedgerKind.CASE_SCORED, "local", written.id)


@pytest.mark.parametrize("by_id", [False, True])
def test_a_receipt_makes_the_score_again_to_the_last_digit(scored, folder, store, by_id):
    named = scored["receipt"]["id"] if by_id else folder / "receipt.json"
    done = run("replay", named, folder / "study", "--bundle", folder / "bundle", "--store", store)
    assert done.exit_code == 0, done.output
    assert f"same to the last digit: {scored['score']!r}" in done.stdout


def test_another_bundle_leaves_with_one_and_both_numbers(scored, folder):
    other = load_bundle(folder / "bundle")
    save_bundle(replace(other, name="other", recalibration=Recalibration(-1.0)), folder / "other")
    done = run("replay", folder / "receipt.json", folder / "study", "--bundle", folder / "other", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["is_same"], told["recorded"]) == (False, scored["score"])
    assert {"score", "bundle"} <= {each["name"] for each in told["differences"]}


def test_an_unknown_receipt_and_a_store_that_is_not_there_are_refused(scored, folder, store, tmp_path):
    unknown = run("replay", "0" * 16, folder / "study", "--bundle", folder / "bundle", "--store", store)
    assert (unknown.exit_code, "receipt.unknown" in unknown.output) == (1, True)
    absent = run("verify", "receipts", "--store", tmp_path / "none.sqlite")
    assert (absent.exit_code, "does not exist" in absent.output) == (1, True)
    assert not (tmp_path / "none.sqlite").exists()


def test_a_whole_trail_gives_its_head_and_a_broken_one_its_first_row(scored, folder, store, tmp_path):
    ledger = ledger_of(str(store))
    ledger.append(LedgerKind.BACKUP)
    done = run("verify", "receipts", "--store", store, "--json")
    head = json.loads(done.stdout)["head"]
    assert (done.exit_code, head) == (0, str(ledger.head()))
    (tmp_path / "head.txt").write_text(f"noted on Monday: {head}\n")
    assert run("verify", "receipts", "--store", store, "--head", tmp_path / "head.txt").exit_code == 0
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER ledger_whole")
        connection.execute("DELETE FROM ledger WHERE number = (SELECT MAX(number) FROM ledger)")
    connection.close()
    unseen = run("verify", "receipts", "--store", store)
    assert (unseen.exit_code, "Without --head" in unseen.output) == (0, True)
    seen = run("verify", "receipts", "--store", store, "--head", head)
    assert (seen.exit_code, "the end was cut off: row 2" in seen.output) == (1, True)
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER ledger_kept")
        connection.execute("UPDATE ledger SET who = 'x'")
    connection.close()
    assert "broken: row 1 was changed" in run("verify", "receipts", "--store", store).output


def test_scoring_without_a_store_makes_none(scored, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(
        "score", folder / "study", "--cp", folder / "facts.toml", "--bundle", folder / "bundle", "--no-stability"
    )
    assert done.exit_code == 0, done.output
    assert list(tmp_path.iterdir()) == []
