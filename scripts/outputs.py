"""Write everything that the product makes, so that two versions of it can be compared.

    python scripts/outputs.py --out DIR [--dataset FOLDER] [--public FOLDER]
    python scripts/outputs.py --compare DIR_A DIR_B

The code on ``PYTHONPATH`` is run: its command line, its pages, and functions found by their names wherever they
stand. Every output becomes one JSON file. A maker that fails leaves its error as the output.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

from output_differences import compare_folders, report
from output_screens import Screens, page_value
from output_values import canonical, value_of

import deeptepp
from deeptepp.cli import app

ROOT = Path(deeptepp.__file__).parents[1]
"""Checkout of the code that is run."""

BUNDLE = ROOT / "artifacts" / "deeptepp-sim"
REFERENCE = BUNDLE / "reference_cohort.parquet"

FACTS = (
    "sex = 'F'\nage_years = 52.0\nmenopause = 'post'\ntumour_size_mm = 26.0\nnode_stage = 'N1'\ngrade = 3\n"
    "er_positive = false\npr_positive = false\nki67_pct = 40.0\nher2_status = 'positive'\nis_invasive = true\n"
    "had_biopsy_before_mr = false\nhad_neoadjuvant_therapy = false\nstage = 'IIB'\n"
)
"""Facts of an eligible patient, as a file of the command line."""

CASES: dict[str, tuple[tuple[str, ...], str]] = {
    "facts": (("--seed", "3", "--latent-risk", "1.0", "--size-mm", "26"), FACTS),
    "unknown": (("--seed", "5", "--latent-risk", "-1.0", "--size-mm", "14"), ""),
    "refused": (
        ("--seed", "3", "--latent-risk", "1.0", "--size-mm", "26"),
        FACTS.replace("'positive'", "'negative'"),
    ),
}
"""Simulated studies and their clinical facts; two share one study."""

RECIPES: dict[str, dict[str, Any]] = {
    "published": {},
    "cut-offs": {"low_below": 0.15, "high_from": 0.3},
    "death": {"endpoint": "os", "horizon_months": 36.0, "curves_by": "Node stage"},
    "two-arms": {"arms": ["T", "T+P"], "contrast": "tp-t", "matching": "paper", "subgroup": "ER"},
    "untreated": {"contrast": "t-none", "contrast_tiers": ["Low"], "caliper_sd": None, "horizon_months": 60.0},
    "treated": {"contrast": "treated-none", "contrast_tiers": ["Low", "Moderate", "High"], "matching": "off"},
}
"""What the laboratory is asked, beside the cut-offs of the model."""

SHOWN_RECIPES = ("published", "death")
"""Recipes that are looked at on the screen too."""

TRAINING = (
    'dataset = "{dataset}"\noutput = "{output}"\nname = "tiny"\nn_folds = 2\nholdout_fraction = 0.0\nepochs = 2\n'
    'tile_px = 16\nwidth = 8\nstem_channels = 4\nn_threads = 1\ndevice = "cpu"\nprecision = "fp32"\n'
    "tensorboard = false\n"
)
"""Settings of one short run."""

PUBLIC = {"duke": "duke", "metabric": "metabric", "ispy1": "ispy1", "mama-mia": "mama_mia"}
"""Public cohorts by the folder that their tables lie in."""

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def main() -> int:
    """Write the outputs of the code at hand, or compare two folders of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="Folder to write; emptied unless --only is given.")
    parser.add_argument("--only", nargs="*", help=f"Of {', '.join(MAKERS)}.")
    parser.add_argument("--dataset", type=Path, help="Dataset of simulated patients for the training run.")
    parser.add_argument("--public", type=Path, help="Folder of public tables.")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"))
    parser.add_argument("--show", type=int, default=5, help="Places told of each kind of difference.")
    asked = parser.parse_args()
    if asked.compare:
        found = compare_folders(*asked.compare)
        sys.stdout.write(report(found, asked.show) + "\n")
        return bool(found)
    if asked.out is None:
        parser.error("--out or --compare")
    if not asked.only:
        shutil.rmtree(asked.out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        write_outputs(Outputs(asked.out.absolute(), Path(work), asked.dataset, asked.public), asked.only)
    return 0


class Outputs:
    """Where outputs are written, and what they are made in.

    Parameters
    ----------
    folder : Path
        Receives one JSON file for each output.
    work : Path
        Emptied at the end.
    dataset, public : Path or None
        Dataset of simulated patients; folder of public tables.
    """

    def __init__(self, folder: Path, work: Path, dataset: Path | None, public: Path | None) -> None:
        self.folder, self.work = folder, work
        self.dataset, self.public = (path.absolute() if path else None for path in (dataset, public))
        self.screens = Screens(ROOT / "pages")

    def write(self, name: str, value: Any) -> None:  # noqa: ANN401  a value of JSON
        """Write one output."""
        path = self.folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(canonical(value), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def write_files(self, name: str, folder: Path) -> None:
        """Write every file of a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.write(f"{name}/{path.relative_to(folder).as_posix()}", value_of(path))

    def command(self, name: str, *arguments: object) -> None:
        """Run the command line, and write what it said."""
        from typer.testing import CliRunner

        done = CliRunner().invoke(app, [str(each) for each in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        said = done.stdout.replace(str(self.work), "").replace(str(ROOT), "")
        self.write(name, {"exit": done.exit_code, "said": _as_json(said)})


def _as_json(said: str) -> Any:  # noqa: ANN401  a value of JSON
    """Read what a command said as JSON where it is that, else as lines."""
    try:
        return json.loads(said)
    except ValueError:
        return said.splitlines()


def write_outputs(outputs: Outputs, only: list[str] | None) -> None:
    """Make every output, and say how long each took."""
    os.environ["DEEPTEPP_ARTIFACTS"], os.environ["DEEPTEPP_BOARD"] = (
        str(BUNDLE),
        str(outputs.work / "board.sqlite"),
    )
    for name in only or MAKERS:
        start = time.process_time()
        try:
            MAKERS[name](outputs)
        except Exception:  # noqa: BLE001  an output that cannot be made is a difference
            told = traceback.format_exc()
            outputs.write(f"{name}-failed", told.splitlines()[-1])
            sys.stderr.write(told)
        sys.stdout.write(f"{name}: {time.process_time() - start:.1f} s of CPU\n")


def defined(name: str) -> Any:  # noqa: ANN401  a function or class
    """Find a function or class of the package by its name, wherever it stands."""
    return getattr(import_module(places()[name][0]), name)


@cache
def places() -> dict[str, list[str]]:
    """Give the modules of the package that define each name."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "deeptepp").rglob("*.py")):
        module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for name in re.findall(r"^(?:def|class) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found.setdefault(name, []).append(module)
    return found


class _Still(datetime):
    """A clock that stands still: the picture of a result shows when it was made."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return START.astimezone(tz)


def _stop_the_clock() -> None:
    """Give every result the same time."""
    for path in sorted((ROOT / "deeptepp" / "scoring").rglob("*.py")):
        if "datetime.now(" in path.read_text(encoding="utf-8"):
            name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            setattr(import_module(name), "datetime", _Still)  # noqa: B010  not an attribute that a type knows


def cases(outputs: Outputs) -> None:
    """Score simulated studies, and write every file of their results."""
    _stop_the_clock()
    for name, (study, facts) in CASES.items():
        folder = outputs.work / ("study-" + "-".join(study).replace("--", ""))
        if not folder.exists():
            outputs.command(f"case-{name}/simulated", "simulate", "study", "--out", folder, *study)
        profile = outputs.work / f"{name}.toml"
        profile.write_text(facts, encoding="utf-8")
        out = outputs.work / f"result-{name}"
        arguments = (folder / "dicom", "--cp", profile, "--out", out, "--label", "Case 7", "--json")
        outputs.command(f"case-{name}/score", "score", *arguments)
        outputs.write_files(f"case-{name}", out)
    outputs.command("case-facts/series", "series", folder / "dicom", "--json")
    outputs.command("case-facts/detect", "detect", folder / "dicom", "--json")


def cohort(outputs: Outputs) -> None:
    """Report on the reference cohort, with Table 1 and all other tables and figures."""
    out = outputs.work / "report"
    outputs.command("cohort/said", "report", "cohort", REFERENCE, "--out", out, "--name", "Reference")
    outputs.write_files("cohort", out)


def recipes(outputs: Outputs) -> None:
    """Follow recipes of the laboratory on the reference cohort."""
    for name in RECIPES:
        path, out = outputs.work / f"{name}.json", outputs.work / f"recipe-{name}"
        path.write_text(json.dumps(_recipe(name)), encoding="utf-8")
        outputs.command(f"recipe-{name}/said", "report", "recipe", path, "--out", out)
        outputs.write_files(f"recipe-{name}", out)


def _recipe(name: str) -> dict[str, Any]:
    """Give a recipe as its file holds it."""
    tiers = defined("load_bundle")().tiers
    cut_offs = {"low_below": tiers.low_below, "high_from": tiers.high_from}
    return {"schema": "deeptepp-recipe-1"} | cut_offs | RECIPES[name]


def board(outputs: Outputs) -> None:
    """Hold a meeting on the demo cases, and write its minutes and the pages of the board."""
    bundle, store = defined("load_bundle")(), defined("Board")(os.environ["DEEPTEPP_BOARD"])
    held = store.add_all(defined("demo_cases")(bundle, lambda _share: None))
    ids = tuple(case.id for case in held)
    meeting = store.meetings.add(defined("Meeting")(held_on=date(2026, 3, 2), title="March", attendees=("chair",)))
    store.meetings.put_on(meeting.id, ids)
    _decide(store, ids, meeting.id)
    for name, of in (("meeting", next(iter(store.meetings.all()))), ("everything", None)):
        minuted = defined("minuted_cases")(store.cases(), of)
        _write_as(outputs, f"minutes-{name}.csv", defined("table_csv")(defined("minutes_table")(minuted, of)))
        _write_as(outputs, f"minutes-{name}.html", defined("minutes_page")(minuted, of, written_utc=START))
        _write_as(outputs, f"minutes-{name}.pdf", defined("minutes_pdf")(minuted, of, written_utc=START))
    for lang in ("en", "zh"):
        for name, query in (("list", {}), ("case", {"case": ids[1]}), ("minutes", {"view": "minutes"})):
            outputs.write(
                f"screens-{lang}/board-{name}", page_value(outputs.screens.open("board", lang=lang, query=query))
            )
    store.close()


def _decide(store: Any, ids: tuple[str, ...], meeting_id: str) -> None:  # noqa: ANN401  the board's store
    """Record decisions before and after the score, one correction and one that was skipped."""
    entry, moment = defined("Entry"), defined("Moment")
    # Names of classes may stand twice; what a field holds may not.
    choice, agreement = (get_args(get_type_hints(entry)[name])[0] for name in ("choice", "agreement"))
    told = (
        (0, moment.BEFORE, {"choice": choice.T, "note": "Nodes involved.", "role": "chair"}),
        (0, moment.SHOWN, {}),
        (0, moment.AFTER, {"choice": choice.TP, "agreement": agreement.AGREE, "note": "讨论"}),
        (1, moment.BEFORE, {"choice": choice.T}),
        (1, moment.SHOWN, {}),
        (1, moment.AFTER, {"choice": choice.T, "agreement": agreement.DISAGREE}),
        (2, moment.SKIPPED, {}),
        (3, moment.BEFORE, {"choice": choice.TP}),
    )
    for i, (place, when, facts) in enumerate(told):
        time_utc = START + timedelta(minutes=i)
        store.record(ids[place], entry(moment=when, recorded_utc=time_utc, meeting_id=meeting_id, **facts))


def _write_as(outputs: Outputs, name: str, content: str | bytes) -> None:
    """Write what would be a file."""
    path = outputs.work / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    outputs.write(f"board/{name}", value_of(path))


def screens(outputs: Outputs) -> None:
    """Open the laboratory, the evidence and the page of one's own model in both languages."""
    for lang in ("en", "zh"):
        for recipe in SHOWN_RECIPES:
            query = {name.replace("_", "-"): str(value) for name, value in RECIPES[recipe].items()}
            for i, value in outputs.screens.tabs("tiers", lang=lang, query=query):
                outputs.write(f"screens-{lang}/tiers-{recipe}-{i}", value)
        for i, value in outputs.screens.tabs("evidence", lang=lang):
            outputs.write(f"screens-{lang}/evidence-{i}", value)
        outputs.write(f"screens-{lang}/own-model", page_value(outputs.screens.open("own_model", lang=lang)))
        outputs.write(f"screens-{lang}/case-start", page_value(outputs.screens.open("case", lang=lang)))


def result_screen(outputs: Outputs) -> None:
    """Score the demo study on the screen; read its result in every way, and once in Chinese."""
    at = outputs.screens.demo_result()
    for view in ("text", "curves", "table", "bars", "icons"):
        at.segmented_control(key="result-view").set_value(view).run()
        outputs.write(f"screens-en/result-{view}", page_value(at))
    at.query_params["lang"] = "zh"
    outputs.write("screens-zh/result-icons", page_value(at.run()))


def tables(outputs: Outputs) -> None:
    """Read public tables, and report on the one with the longest follow-up."""
    outputs.command("tables/template", "cohort", "template")
    outputs.command("tables/sources", "cohort", "sources", "--json")
    for name, where in PUBLIC.items() if outputs.public else ():
        source, made = outputs.public / where, outputs.work / f"{name}.parquet"
        outputs.command(f"tables/{name}-import", "cohort", "import", name, source, "--out", made, "--json")
        outputs.write(f"tables/{name}", value_of(made))
        outputs.command(f"tables/{name}-check", "cohort", "check", made, "--allow-gaps", "--json")
        for table in sorted([*source.glob("*.csv"), *source.glob("*.xlsx")])[:1]:
            mapping = outputs.work / f"{name}-mapping.toml"
            outputs.command(f"tables/{name}-map", "cohort", "map", table, "--out", mapping)
            outputs.write(f"tables/{name}-mapping", value_of(mapping))
    if outputs.public:
        out = outputs.work / "report-metabric"
        outputs.command("tables/report-said", "report", "cohort", outputs.work / "metabric.parquet", "--out", out)
        outputs.write_files("tables/report-metabric", out)


def bundles(outputs: Outputs) -> None:
    """Check the shipped bundle, and summarise a few simulated cohorts by what is there for it."""
    outputs.command("bundles/verify", "verify", BUNDLE, "--json")
    page, folder = outputs.work / "summary.md", ROOT / "benchmarks"
    asked = ["--draws", "3", "--out", str(page)]
    if (folder / "simulated_summary").exists():
        command, paths = [sys.executable, "-m", "simulated_summary", *asked], f"{folder}:{ROOT}"
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths})
    else:
        outputs.command("bundles/summary-said", "simulate", "summary", *asked)
    outputs.write("bundles/summary", value_of(page))


def training(outputs: Outputs) -> None:
    """Train a small bundle, and validate it on its own patients."""
    if outputs.dataset is None:
        return
    settings, run = outputs.work / "train.toml", outputs.work / "run"
    settings.write_text(TRAINING.format(dataset=outputs.dataset, output=run), encoding="utf-8")
    outputs.command("training/said", "train", settings)
    for name in (
        "metrics.json",
        "CARD.md",
        "CLAIM.md",
        "TRIPOD-AI.md",
        "reference_cohort.parquet",
        "training.toml",
    ):
        outputs.write(f"training/{name}", value_of(run / "tiny" / name))
    outputs.command("training/validated", "evaluate", run / "tiny", "--dataset", outputs.dataset, "--json")


MAKERS: dict[str, Callable[[Outputs], None]] = {
    "bundles": bundles,
    "cases": cases,
    "cohort": cohort,
    "recipes": recipes,
    "board": board,
    "screens": screens,
    "result-screen": result_screen,
    "tables": tables,
    "training": training,
}
"""What is made, in order."""

if __name__ == "__main__":
    sys.exit(main())
