"""docs/files.md: every file of the package with the sentence that it begins with.

``python tests/file_map.py`` writes it again; a test compares.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "files.md"
HEAD = """# Files

Every file of the package, with the sentence that it begins with. Where to find a step of the method is in
[architecture.md](architecture.md). Written by `python tests/file_map.py`; a test compares.
"""


def file_map() -> str:
    """Give the page."""
    folders = {}
    for path in sorted((ROOT / "deeptepp").rglob("*.py")):
        sentence = first_sentence(path)
        folders.setdefault(path.parent, []).append((path.name, sentence))
    parts = [HEAD]
    for folder, files in folders.items():
        intro = dict(files).pop("__init__.py")
        parts.append(f"\n## `{folder.relative_to(ROOT)}/`\n\n{intro}\n\n| file | |\n| --- | --- |\n")
        parts += [f"| `{name}` | {said} |\n" for name, said in files if name != "__init__.py"]
    return "".join(parts)


def first_sentence(path: Path) -> str:
    """Give the first paragraph of a module's docstring on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(file_map(), encoding="utf-8")
