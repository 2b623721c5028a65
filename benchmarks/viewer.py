"""Time the slice viewer in a real browser: python benchmarks/viewer.py [STUDY.zip].

Without a study, the demo study is used. Prints one JSON object: how long the frames take to build and how large
they are, how long the browser takes to fetch them, and the latency of a slice step, from the key to the end of the
frame in which the slice was drawn.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
from pathlib import Path

from browsing import STEP, chromium, serving
from playwright.sync_api import Page

N_STEPS = 120
PAGE = """
import pathlib, resource, time
import streamlit as st
from deeptepp.dicom.read_dicom import read_study
from deeptepp.imaging.phase import choose_phase
from deeptepp.simulate.simulated_study import demo_study
from deeptepp.store.frames import build_frames, default_frames
from deeptepp.ui.viewer.slice_viewer import slice_viewer

@st.cache_resource
def prepared():
    source = pathlib.Path({source!r}) if {source!r} else None
    study = read_study(source).study if source else demo_study().study
    began = time.perf_counter()
    frames = build_frames(study, choose_phase(study), [])
    facts = dict(build_s=round(time.perf_counter() - began, 2), frames_mb=round(frames.n_bytes / 1e6, 1),
                 study_shape=[len(study.phases), *study.grid.shape],
                 frames_shape=[len(frames.stacks), *frames.grid.shape],
                 spacing_mm=[round(mm, 3) for mm in frames.grid.spacing_mm])
    return default_frames().put("benchmark", frames), facts

st.set_page_config(layout="wide")
token, facts = prepared()
slice_viewer(token, key="viewer", candidates=[], selected=0)
import json
st.text("facts " + json.dumps(facts))
"""
APP = """
import pathlib
import streamlit as st
from deeptepp import api
app = st.App(pathlib.Path(__file__).parent / "page.py", routes=api.routes())
"""


def main() -> None:
    """Serve one page, drive it, print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "study", nargs="?", type=Path, help="zip or folder of a study; the demo study when left out"
    )
    source = str(parser.parse_args().study.resolve()) if parser.parse_args().study else ""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.py").write_text(PAGE.format(source=source))
        (Path(folder) / "app.py").write_text(APP)
        with serving(Path(folder) / "app.py") as url:
            print(json.dumps(measured(url), indent=2))
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the largest child process: {peak_mb:.0f} MB")


def measured(url: str) -> dict[str, object]:
    """Open the page, wait for all stacks, step through the slices in three modes."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        text = page.get_by_text("facts {").inner_text(timeout=180_000)
        facts: dict[str, object] = json.loads(text.removeprefix("facts "))
        n_stacks = facts["frames_shape"][0]  # type: ignore[index]  # a list of numbers
        page.wait_for_selector(f'[data-part="viewer"][data-loaded="{n_stacks}"]', timeout=120_000)
        facts |= fetch_times(page)
        for mode, key in (("image", "i"), ("subtraction", "s")):
            page.locator('[data-part="viewer"]').press(key)
            page.wait_for_timeout(300)
            facts[f"step_{mode}"] = step_times(page)
    return facts


def fetch_times(page: Page) -> dict[str, float]:
    """Read from the browser when the first and the last stack had arrived, after the first was asked for."""
    entries = page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.name.includes('/frames/'))"
        ".map((e) => [e.startTime, e.responseEnd])"
    )
    begun = min(start for start, _ in entries)
    ends = sorted(end - begun for _, end in entries)
    return {"first_stack_s": round(ends[1] / 1000, 2), "all_stacks_s": round(ends[-1] / 1000, 2)}


def step_times(page: Page) -> dict[str, float]:
    """Step up and down and give median and 95th percentile, in ms."""
    times = page.evaluate(
        STEP, ["ArrowUp"] * (N_STEPS // 4) + ["ArrowDown"] * (N_STEPS // 2) + ["ArrowUp"] * (N_STEPS // 4)
    )
    frame, drawing = ([row[column] for row in times] for column in (0, 1))
    return {
        "median_ms": round(statistics.median(frame), 1),
        "p95_ms": round(statistics.quantiles(frame, n=20)[-1], 1),
        "drawing_median_ms": round(statistics.median(drawing), 1),
        "drawing_p95_ms": round(statistics.quantiles(drawing, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
