"""docs/make_it_yours.md: the steps of the page of the same name.

``python tests/own_model_doc.py`` writes it again; a test compares.
"""

import textwrap
from pathlib import Path

from deeptepp.ui.own_model.own_model_steps import EXPECTATION, INTRODUCTION, STEPS, TITLE

PAGE = Path(__file__).parents[1] / "docs" / "make_it_yours.md"


def own_model_doc() -> str:
    """Give the document."""
    parts = [f"# {TITLE}", _filled(INTRODUCTION)]
    for number, step in enumerate(STEPS, start=1):
        kind, where = ("toml", f"`{step.file}`\n\n") if step.file else ("sh", "")
        parts += [f"## {number}. {step.title}", _filled(step.text)]
        parts += [f"{where}```{kind}\n{step.commands.rstrip()}\n```"]
        parts += [_filled(f"Time: {step.duration}"), _filled(f"What you get: {step.gives}")]
    parts += ["## What to expect", _filled(EXPECTATION)]
    parts += [
        _filled(
            "Columns of a manifest, problems, and what each collection holds: [cohorts.md](cohorts.md). Settings "
            "and what a run does: [training.md](training.md). Real tumour slices: "
            "[results/breastdcedl.md](results/breastdcedl.md). Written by `python tests/own_model_doc.py`; a test "
            "compares."
        )
    ]
    return "\n\n".join(parts) + "\n"


def _filled(text: str) -> str:
    """Break a paragraph into lines."""
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(own_model_doc(), encoding="utf-8")
