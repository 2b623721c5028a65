"""What pyproject.toml cannot say: a wheel also holds what lies at the top of the repository."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TOP = ("app.py", "pages", ".streamlit", "artifacts/deeptepp-sim", "docs/img", "docs/results")
"""Named one by one, so that a model of real patients beside the shipped one gets into no wheel."""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*-1440.png", "*-800.png")
"""Screenshots are for those who read the documentation."""


class BuildWithTop(build_py):
    """Copies these into ``deeptepp/installed``, where ``deeptepp.config.top_folder`` finds them."""

    def run(self) -> None:
        """Build the package anew, then put them in; an editable one uses those of the repository."""
        if self.editable_mode:
            super().run()
            return
        # A file that the package no longer has would stay otherwise.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for name in TOP:
            source, target = Path(name), Path(self.build_lib) / "deeptepp" / "installed" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=LEFT_OUT, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)


setup(cmdclass={"build_py": BuildWithTop})
