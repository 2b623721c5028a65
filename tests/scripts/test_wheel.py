"""The wheel holds what the package reads, and works in a fresh environment outside of the checkout."""

import fnmatch
import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deeptepp import config
from deeptepp.cli import app

ROOT = Path(__file__).parents[2]


def test_every_file_of_the_package_that_is_no_python_is_named_as_its_data():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    patterns = [f"{package.replace('.', '/')}/{glob}" for package, globs in data.items() for glob in globs]
    listed = subprocess.run(["git", "ls-files", "deeptepp"], cwd=ROOT, capture_output=True, text=True, check=True)
    others = [path for path in listed.stdout.split() if not path.endswith(".py")]
    assert len(others) > 50
    assert [path for path in others if not any(fnmatch.fnmatch(path, each) for each in patterns)] == []


@pytest.mark.parametrize(("screen", "is_headless"), [({}, "true"), ({"DISPLAY": ":0"}, "false")])
def test_the_dashboard_opens_on_the_port_asked_for_and_in_a_browser_only_where_there_is_a_screen(
    monkeypatch, screen, is_headless
):
    started = []
    monkeypatch.setattr(os, "execve", lambda *told: started.append(told))
    monkeypatch.setattr(sys, "platform", "linux")
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""} | screen
    assert CliRunner().invoke(app, ["app", "--port", "8600"], env=environment).exit_code == 0
    ((_, command, told),) = started
    assert command[2:5] == ["streamlit", "run", str(ROOT / "app.py")]
    assert command[5:] == ["--server.port", "8600", "--server.headless", is_headless]
    assert told["FORWARDED_ALLOW_IPS"] == ""


def test_files_of_the_top_are_those_of_the_wheel_where_it_is_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "__file__", str(tmp_path / "deeptepp" / "config.py"))
    assert config.top_folder() == tmp_path
    (tmp_path / "deeptepp" / "installed").mkdir(parents=True)
    assert config.top_folder() == tmp_path / "deeptepp" / "installed"


@pytest.mark.long
def test_the_wheel_scores_the_demo_and_opens_the_dashboard_outside_of_the_checkout(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    own = {"PYTHON": sys.executable, "PACKAGES": sysconfig.get_path("purelib")}
    done = subprocess.run(
        [str(ROOT / "scripts" / "try_wheel.sh"), str(wheel)],
        cwd=tmp_path,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Risk score 0." in done.stdout
    assert 'healthz: {"alive":true}' in done.stdout
