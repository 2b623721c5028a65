"""From one's own patients to a model of one's own, in five steps: the one list behind page and document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnModelStep:
    """One step: what to do, the exact commands, how long they take, and what one has afterwards.

    ``commands``: for a shell, one command a line, or the contents of ``file``; ``file``: name of the file whose
    contents ``commands`` are, empty for commands.
    """

    title: str
    text: str
    commands: str
    duration: str
    gives: str
    file: str = ""


STEPS: tuple[OwnModelStep, ...] = (
    OwnModelStep(
        "List your patients",
        "One row per patient: a pseudonym, the anti-HER2 treatment received, months of follow-up, the facts you "
        "know, and in a column `study` the zip or folder of her breast MR as the PACS exports it. Delete the "
        "examples and the columns `score` and `tier`.",
        "deeptepp cohort template --out patients.csv",
        "The command takes a second; the table is the work of days.",
        "`patients.csv`, the manifest. It holds no names and no dates.",
    ),
    OwnModelStep(
        "Prepare the images",
        "The first command looks for everything that is wrong and computes nothing. The second reads, "
        "de-identifies and searches every study, and goes on where it was stopped.",
        "deeptepp prepare patients.csv --check\ndeeptepp prepare patients.csv --out own/dataset --jobs 2",
        "About 5 seconds of one core per study of 841 files: 300 studies in a quarter of an hour on two.",
        "`own/dataset`: one region of interest per patient, and a list of studies without a tumour found.",
    ),
    OwnModelStep(
        "Write the settings",
        "Save this text beside the table. Every other setting has a default.",
        'dataset = "own/dataset"\noutput = "own/run"\nname = "own-model"\n'
        "epochs = 10\nn_jobs = 2\nn_threads = 1\n",
        "A minute.",
        "`own.toml`; what is not in it is as in the documentation.",
        file="own.toml",
    ),
    OwnModelStep(
        "Train",
        "Cross-validates, trains the model that serves, finds the cut-offs of the tiers, and checks the files. "
        "Stopped or killed, it goes on at its last whole epoch.",
        "deeptepp train own.toml\ndeeptepp verify own/run/own-model",
        "31 minutes for 726 patients on two cores without a GPU.",
        "`own/run/own-model`: the model with its reference patients, everything measured on it, its card, and the "
        "TRIPOD+AI and CLAIM checklists.",
    ),
    OwnModelStep(
        "Serve it",
        "Start the screens with it. The marks of simulated patients are gone, the mark of research use stays.",
        "DEEPTEPP_ARTIFACTS=own/run/own-model streamlit run app.py",
        "Seconds.",
        "Every score, tier, curve and figure on every page comes from your patients.",
    ),
)
"""The steps, in order; a test runs their commands through the parser of the command line."""

TITLE = "Make it yours"

INTRODUCTION = (
    "The model that comes with DeepTEPP learnt from simulated patients: it shows what the software does, and says "
    "nothing about a real patient. These five steps put a model of your own patients in its place. All of it "
    "runs on your own machine; nothing leaves it."
)

EXPECTATION = (
    "Expect less than on simulated patients, whose AUC of 0.81 to 0.83 was built into them. On 166 real patients "
    "of two public studies (22 recurrences), the images alone reached an AUC of 0.61 (95 % CI 0.48 to 0.74), "
    "which does not exclude chance. At least 100 recurrences are asked for where a model is validated (Collins "
    "et al. 2016). Validate yours on patients of another centre before anybody relies on it; it stays for "
    "research use."
)
"""What may be expected; measured in docs/training.md and docs/results/breastdcedl.md."""
