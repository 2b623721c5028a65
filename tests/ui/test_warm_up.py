"""The server is ready before the first visitor comes."""

import subprocess
import sys

WARM = """
import gc
from deeptepp.ui.background import loaded
from deeptepp.ui import warm_up
warm_up.warm_up()
from deeptepp.ui.board.board_store import open_board
open_board().counted()
print(gc.get_freeze_count(), len(gc.get_objects()))
loaded.load_bundle = None  # whoever still needs it would fail
print(loaded.loaded_bundle().name)
"""


def test_the_model_is_loaded_and_the_board_open_and_what_stays_is_no_longer_collected(tmp_path):
    # A process of its own: what is frozen would stay so for all later tests.
    done = subprocess.run([sys.executable, "-c", WARM], capture_output=True, text=True, check=True, cwd=tmp_path)
    n_frozen, n_walked, name = done.stdout.split()
    assert int(n_frozen) > 100_000 > 20 * int(n_walked)
    assert name == "deeptepp-sim"


def test_a_server_without_a_model_starts_all_the_same(tmp_path):
    code = "from deeptepp.ui import warm_up; warm_up.warm_up()"
    environment = {"DEEPTEPP_ARTIFACTS": str(tmp_path / "nowhere"), "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
