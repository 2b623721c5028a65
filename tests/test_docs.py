"""What the documentation shows runs, and what can be set is documented."""

import ast
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import coarse_study

from deeptepp.config import Settings
from deeptepp.dicom.write import write_study
from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import Endpoint
from deeptepp.train.settings import TrainSettings

ROOT = Path(__file__).parents[1]


def test_the_python_of_the_readme_scores_a_study(tmp_path):
    simulated = coarse_study.coarse_study()
    write_study(simulated.study, tmp_path / "study.zip", description="simulated", patient_key="SIM")
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    result = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert re.match(r"scored(-with-warnings)? (Low|Moderate|High) RiskScore", result.stdout)


def test_every_setting_is_documented():
    deployment = (ROOT / "docs" / "deployment.md").read_text()
    training = (ROOT / "docs" / "training.md").read_text()
    assert [f.name for f in fields(Settings) if f"`{f.name}`" not in deployment] == []
    assert [f.name for f in fields(TrainSettings) if f"`{f.name}`" not in training] == []


def test_the_map_of_files_points_at_files_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(r"`(deeptepp/[\w/.]+)`", text)
    assert len(paths) >= 15
    assert [p for p in paths if not (ROOT / p).exists()] == []
    assert text.count("```mermaid") == 1


def test_the_page_on_cohorts_names_every_column_of_facts_and_follow_up():
    page = (ROOT / "docs" / "cohorts.md").read_text(encoding="utf-8")
    columns = [*CLINICAL_FACTS, *(name for endpoint in Endpoint for name in endpoint.columns)]
    assert [name for name in columns if f"`{name}`" not in page] == []


def test_every_folder_of_the_package_says_what_it_holds():
    first_lines = {
        path.parent.name: (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        for path in (ROOT / "deeptepp").rglob("__init__.py")
    }
    assert [folder for folder, line in first_lines.items() if not line.endswith(".")] == []


def test_no_room_is_too_full_and_none_lies_too_deep():
    modules = [path.relative_to(ROOT) for path in (ROOT / "deeptepp").rglob("*.py") if path.name != "__init__.py"]
    assert {room: n for room, n in Counter(path.parent for path in modules).items() if n > 25} == {}
    assert [path for path in modules if len(path.parts) > 4 and "migrations" not in path.parts] == []


def test_no_two_files_of_the_package_bear_one_name():
    names = Counter(path.name for path in (ROOT / "deeptepp").rglob("*.py") if path.name != "__init__.py")
    assert [name for name, n in names.items() if n > 1] == []
