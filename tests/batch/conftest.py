"""A folder of studies, most of which cannot be scored, and one run over it."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from deeptepp.batch import study_task
from deeptepp.batch.score_cohort import score_cohort
from deeptepp.batch.study_list import list_studies
from deeptepp.datasets.image_columns import ImageChoice
from deeptepp.dicom.write import write_study
from deeptepp.domain.study import PhaseProposal, Side
from deeptepp.errors import NoPreContrast
from deeptepp.model.bundle import load_bundle
from deeptepp.processes import Workers
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

TINY = replace(RUIJIN, name="tiny", matrix=88, n_slices=28, slice_mm=3.8)
MANIFEST = """subject,study,her2_status,tumour_size_mm,node_stage,note
first,mary-roe-1,positive,26,N1,x
letter,letter.zip,positive,20,N0,x
question,question,positive,20,N0,x
failing,failing,positive,20,N0,x
absent,nowhere.zip,positive,20,N0,x
negative,mary-roe-2,negative,20,N0,x
strange,mary-roe-2b,positive,900,N0,x
last,mary-roe-3,positive,26,N0,x
"""


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """Studies and manifest; their names are those of people, their subjects are not."""
    root = tmp_path_factory.mktemp("many")
    study = simulate_study(latent_risk=0.5, tumour_size_mm=26.0, rng=np.random.default_rng(3), protocol=TINY).study
    for name in ("mary-roe-1", "mary-roe-2", "mary-roe-2b", "question", "failing", "mary-roe-3"):
        write_study(study, root / name, description="simulated", patient_key="SIM")
        # Other bytes, so that each is a study of its own.
        next((root / name).rglob("*.dcm")).with_name("note.txt").write_text(name)
    (root / "letter.zip").write_text("Dear Jane Doe")
    (root / "patients.csv").write_text(MANIFEST)
    tiny_bundle.make_tiny_bundle(root / "bundle")
    return root


def score(many, out, workers=None, source="patients.csv", **options):
    """Score the studies of the folder."""
    listed = list_studies(many / source, choice=ImageChoice(), units={})
    bundle = many / "bundle"
    return score_cohort(
        listed, out, bundle, load_bundle(bundle), workers or Workers(), with_shifts=False, **options
    )


@pytest.fixture(scope="session")
def spoilt():
    """Give what opens a case, but asks of one study and fails at another."""
    opened = study_task.open_case

    def open_case(path, **choice):
        if path.name == "question" and choice["phase_keys"] is None:
            raise NoPreContrast(value=2, proposals=(PhaseProposal(("s1", "s3"), "as acquired", Side.LEFT),))
        if path.name == "failing":
            raise ZeroDivisionError("Jane Doe")
        return opened(path, **choice)

    return open_case


@pytest.fixture(scope="session")
def run(many, spoilt, tmp_path_factory):
    """One run over all of them: the folder of results, the counts and what was told."""
    out, told = tmp_path_factory.mktemp("run") / "out", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_task, "open_case", spoilt)
        counts = score(many, out, progress=told.append)
    return out, counts, [report.found for report in told]


@pytest.fixture
def scored(many):
    """Give what scores the studies of the folder."""
    return lambda *arguments, **options: score(many, *arguments, **options)
