"""The page of terms: the glossary in both languages; run to write ``docs/terms.md``, which a test compares."""

from pathlib import Path

from deeptepp.report.glossary import GLOSSARY
from deeptepp.wording.catalogue import Language, catalogue

PAGE = Path(__file__).parents[1] / "docs" / "terms.md"


def terms_page() -> str:
    """Write the glossary as one table."""
    chinese = catalogue(Language.CHINESE)
    rows = [
        f"| {each.name} | {each.meaning} | {chinese[each.name]} | {chinese[each.meaning]} |" for each in GLOSSARY
    ]
    head = (
        "# Terms",
        "",
        "As they are used on the screens and in the reports; the same text stands there behind **Terms**.",
        "Made from `deeptepp/report/glossary.toml` by `python tests/terms_page.py`.",
        "",
        "| Term | Meaning | 术语 | 含义 |",
        "|---|---|---|---|",
    )
    return "\n".join((*head, *rows)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(terms_page(), encoding="utf-8")
