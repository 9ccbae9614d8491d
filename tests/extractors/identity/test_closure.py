"""The identity of evalkit's own extractors: each file that they reach counts, and no other."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit
from evalkit.extractors.identity.closure import code_closure, identity_of, library_versions

PACKAGE = Path(str(evalkit.__path__[0]))
USERS = [path for path in sorted(PACKAGE.rglob("*.py")) if "identity_of(__name__" in path.read_text(encoding="utf-8")]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


MODULES = list(map(module_of, USERS))
"""The modules of all extractors whose fingerprint is that of their code."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package in another place, without the weights of its models."""
    folder = tmp_path_factory.mktemp("copy") / "evalkit"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("models", "__pycache__", "gold"))
    return folder


EDIT_EACH = """
import json, sys
from functools import cache
from pathlib import Path
from evalkit.extractors.identity import closure

# A file is read again if it holds something else, not all files whenever one of them does.
read = closure._imports.__wrapped__
known = cache(lambda path, content: read(path))
closure._imports = lambda path: known(path, path.read_bytes())

def identity():
    return closure.identity_of(module)

module, package = sys.argv[1], Path(sys.argv[2])
if closure.PACKAGE != package:
    sys.exit(f"not the copy: {closure.PACKAGE}")
first = identity()
reached = closure.code_closure(module)
files = [*reached.values(), *(data for name, path in reached.items() for data in closure._data_files(name, path))]
others = [package / "version.py", package / "report" / "__init__.py", package / "cli" / "main.py"]
seen = {}
for path in [*files, *others]:
    content = path.read_bytes()
    path.write_bytes(content + b"\\n# edited\\n")
    seen[str(path.relative_to(package))] = identity() != first
    path.write_bytes(content)
print(json.dumps({"inside": [str(path.relative_to(package)) for path in files], "seen": seen}))
"""


@pytest.mark.parametrize("module", MODULES)
def test_an_edit_of_any_file_that_is_reached_is_seen_and_of_no_other(module: str, copy: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EDIT_EACH, module, str(copy)],
        capture_output=True,
        text=True,
        check=True,
        # The copy is what is imported there, and nothing else is touched.
        cwd=copy.parent,
        env={"PYTHONPATH": str(copy.parent)},
    )
    shown = json.loads(done.stdout)
    assert len(shown["inside"]) > 3
    assert {name for name, seen in shown["seen"].items() if seen} == set(shown["inside"])


def test_the_shipped_extractors_reach_their_word_lists() -> None:
    assert "evalkit.text.word_lists" in code_closure("evalkit.extractors.shipped.ner")
    assert "evalkit.text.word_lists" in code_closure("evalkit.extractors.llm.language_model")


def test_libraries_that_compute_count_and_only_where_they_do() -> None:
    assert [line.partition("==")[0] for line in library_versions("evalkit.extractors.shipped.ner")] == [
        *("numpy", "onnxruntime", "tokenizers")
    ]
    # Answers that are paid for outlive an upgrade of what does not touch them.
    assert library_versions("evalkit.extractors.llm.language_model") == []


def test_settings_and_files_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    module = "evalkit.extractors.trivial"
    identities = [
        identity_of(module),
        identity_of(module, parts=["x"]),
        identity_of(module, files=[tmp_path / "a"]),
        identity_of(module, files=[tmp_path / "b"]),
    ]
    assert len(set(identities)) == 4
    assert identity_of(module) == identities[0]


def imported(path: Path) -> set[str]:
    """What a file imports, by its syntax tree; not what only type checkers read."""
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        # An import is a statement, and stands in no expression.
        waiting += [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr)]
    return names


def test_imports_are_read_as_python_reads_them() -> None:
    from evalkit.extractors.identity.closure import _imports

    # A text that looks like an import may add to it, and nothing is missed.
    wrong = {path.name: imported(path) - set(_imports(path)) for path in sorted(PACKAGE.rglob("*.py"))}
    assert {name: difference for name, difference in wrong.items() if difference} == {}
