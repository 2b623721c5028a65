"""DeepTEPP: risk score, tier and treatment outcomes for HER2-positive early breast cancer from breast DCE-MR."""

from importlib.metadata import version

__version__ = version("deeptepp")
