"""The house rules that a reader relies on, checked on the syntax tree: who may import whom, and what is never done."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "evalkit"

VOCABULARY = ("errors", "files", "folders", "frames", "harmless", "machine", "options", "origin", "records", "registry")
VOCABULARY += ("results", "secrets", "shapes", "showing", "tables", "toml", "version", "versions", "wires")
"""Root modules that everything may import."""

STAGES = (
    *("layers", "text", "formats", "dataset", "extractors", "predictions", "scoring", "analysis", "gate", "report"),
    *("workflows", "integrations", "cli"),
)
"""The pipeline; a stage imports only stages to its left and the vocabulary."""

HEAVY = {"datasets", "onnxruntime", "pandas", "pyarrow", "scipy", "sklearn", "spacy", "tokenizers", "torch"}
HEAVY |= {"transformers", "mlflow", "rich", "safetensors", "ray", "cassis", "lxml"}
"""Third-party packages that are imported where they are used, inside functions."""

NUMPY_EARLY = {
    "formats/tags/schemes.py": "decodes tag columns of millions of tokens; imported by the tag formats only",
    "extractors/checkpoints/token_spans.py": "part of the torch tagger, imported when one is asked for",
    "extractors/checkpoints/torch_network.py": "part of the torch tagger, imported when one is asked for",
    "extractors/checkpoints/token_classification.py": "part of the torch tagger, imported when one is asked for",
    **{
        f"dataset/leakage/{name}.py": "looks for shared text in millions of words; imported where it is looked for"
        for name in ("words", "join", "passages", "known")
    },
    "dataset/splitting/stratify.py": "shares out the labels of articles; imported where splits are made",
    "dataset/splitting/text_stories.py": "compares each text with each other; imported where splits are made",
}
"""Modules left of scoring that import numpy at their top, each with its reason."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands and what it names, as dotted modules."""

    path: Path
    line: int
    module: str
    top: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.fixture(scope="module", autouse=True)
def _no_tree_stays() -> Iterator[None]:
    """Millions of nodes, which every look for garbage after these tests would look through."""
    yield
    tree.cache_clear()


@cache
def sources() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> frozenset[str]:
    return frozenset(map(module_name, sources()))


def at_top(module: ast.Module) -> set[int]:
    """The imports that run when the module is imported, by identity: not those in functions or for type checkers."""
    found: set[int] = set()
    stack: list[ast.AST] = list(module.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            stack += node.orelse
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.add(id(node))
        stack += statements(node)
    return found


def statements(node: ast.AST) -> list[ast.AST]:
    """What stands directly in a node, but for expressions, in which nothing is imported."""
    return [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr)]


@cache
def imports(path: Path) -> tuple[Import, ...]:
    found = []
    top = at_top(tree(path))
    waiting: list[ast.AST] = [tree(path)]
    for node in waiting:
        waiting += statements(node)
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            # `from evalkit.scoring import quotes` names a module, `from evalkit.records import Span` does not.
            inner = {f"{base}.{alias.name}" for alias in node.names}
            names = sorted(inner & modules()) or [base]
        found += [Import(path, node.lineno, name, id(node) in top) for name in names if isinstance(node, ast.stmt)]
    return tuple(found)


def place(module: str) -> str:
    """The stage or root module that a dotted name inside evalkit belongs to; "" for the package itself."""
    return module.removeprefix("evalkit").lstrip(".").partition(".")[0]


def rank(name: str) -> int:
    if name in VOCABULARY:
        return 0
    if name in STAGES:
        return 1 + STAGES.index(name)
    return len(STAGES) + 1


def internal() -> Iterator[Import]:
    for path in sources():
        yield from (one for one in imports(path) if one.module.partition(".")[0] == "evalkit")


def test_every_module_has_a_place():
    known = {*VOCABULARY, *STAGES, "__main__", ""}
    strange = sorted(name for name in map(module_name, sources()) if place(name) not in known)
    assert not strange, f"{strange}: say in this test which stage they are"


def test_no_stage_imports_from_its_right():
    wrong = [
        f"{one}: {place(module_name(one.path))} is left of {place(one.module)}"
        for one in internal()
        if place(module_name(one.path)) and rank(place(one.module)) > rank(place(module_name(one.path)))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_package_itself_is_not_imported_inside():
    wrong = [str(one) for one in internal() if one.module == "evalkit"]
    assert not wrong, "\n".join([*wrong, "import from the module that has the name"])


def test_no_import_cycle():
    graph: dict[str, dict[str, Import]] = {name: {} for name in modules()}
    for one in internal():
        source = module_name(one.path)
        if source != "evalkit":
            graph[source].setdefault(one.module, one)
    done: set[str] = set()

    def visit(name: str, trail: tuple[Import, ...]) -> str:
        on_trail = [module_name(step.path) for step in trail]
        if name in on_trail:
            return "\n".join(map(str, trail[on_trail.index(name) :]))
        if name in done:
            return ""
        for target, one in sorted(graph.get(name, {}).items()):
            if cycle := visit(target, (*trail, one)):
                return cycle
        done.add(name)
        return ""

    for name in sorted(graph):
        assert not (cycle := visit(name, ())), f"import cycle:\n{cycle}"


def test_heavy_packages_are_imported_inside_functions():
    wrong = [str(one) for path in sources() for one in imports(path) if one.top and one.module.split(".")[0] in HEAVY]
    assert not wrong, "\n".join([*wrong, "move it into the function that needs it"])


def test_numpy_is_imported_early_only_from_scoring_on():
    wrong = [
        str(one)
        for path in sources()
        for one in imports(path)
        if one.top and one.module.split(".")[0] == "numpy"
        if rank(place(module_name(path))) < rank("scoring")
        if path.relative_to(PACKAGE).as_posix() not in NUMPY_EARLY
    ]
    assert not wrong, "\n".join(wrong)


def test_reasons_are_for_files_that_exist():
    missing = [name for name in (*NUMPY_EARLY, *WRITERS) if not (PACKAGE / name).is_file()]
    assert not missing, f"{missing} are listed in this test and are gone"


def test_third_party_packages_are_declared():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {re.split(r"[^A-Za-z0-9_.-]", one)[0].lower().replace("-", "_") for one in declared}
    # huggingface_hub has no life of its own here: transformers and datasets are made of it.
    names |= {"evalkit", "huggingface_hub", *(["sklearn"] if "scikit_learn" in names else [])}
    names |= {"cassis"} if "dkpro_cassis" in names else set()
    wrong = [
        str(one)
        for path in sources()
        for one in imports(path)
        if one.module.split(".")[0] not in names | sys.stdlib_module_names
    ]
    assert not wrong, "\n".join([*wrong, "declare it in pyproject.toml"])


def test_toml_has_one_reader():
    wrong = [
        str(one)
        for path in sources()
        for one in imports(path)
        if one.module.split(".")[0] in {"tomllib", "tomli"} and path != PACKAGE / "toml.py"
    ]
    assert not wrong, "\n".join([*wrong, "read it with evalkit.toml, which refuses what takes for ever"])


def test_no_vague_names():
    wrong = [str(path.relative_to(ROOT)) for path in sources() if {path.stem, path.parent.name} & VAGUE]
    assert not wrong, f"{wrong}: a file is called after what it does"


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=module_name(path)) for path in sources() if path.name == "__init__.py"],
)
def test_packages_have_no_logic(path: Path):
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.If, ast.FunctionDef) if path.parent == PACKAGE else ()
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node).splitlines()[0]}"
        for node in tree(path).body
        if not isinstance(node, allowed) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    if path.parent == PACKAGE:
        names = {node.name for node in tree(path).body if isinstance(node, ast.FunctionDef)}
        wrong += [f"evalkit/__init__.py defines {name}" for name in sorted(names - {"__getattr__", "__dir__"})]
    assert not wrong, "\n".join(wrong)


def test_the_library_neither_prints_nor_exits_nor_asserts():
    wrong = []
    for path in sources():
        if place(module_name(path)) in ("cli", "__main__", "integrations"):
            continue
        for node in ast.walk(tree(path)):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Assert) or called in ("print", "sys.exit", "exit", "quit", "os._exit"):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {called or 'assert'}")
    assert not wrong, "\n".join([*wrong, "raise an error of evalkit.errors; only evalkit/cli speaks and exits"])


ON_DISK = {
    "files.py": "the one place of files",
    "folders.py": "the one place of folders",
    "formats/columnar.py": "pyarrow writes Parquet itself",
}
"""Modules that may change the disk, each with its reason; a test can let every change of the first two fail."""

CHANGES = {"mkdir", "rmdir", "write_text", "write_bytes", "touch", "unlink", "symlink_to", "hardlink_to", "rename"}
MODULES = {
    "os": {*CHANGES, "makedirs", "removedirs", "remove", "replace", "renames", "link", "symlink", "truncate"},
    "shutil": {"rmtree", "move", "copy", "copy2", "copyfile", "copytree"},
    "tempfile": {"mkdtemp", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory"},
}


def test_the_disk_is_changed_in_one_place():
    wrong = []
    for path in sources():
        if path.relative_to(PACKAGE).as_posix() in ON_DISK:
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            module, _, name = ast.unparse(node.func).rpartition(".")
            changes = name in MODULES.get(module, ()) or (isinstance(node.func, ast.Attribute) and name in CHANGES)
            # The mode of `open` and of a method of that name.
            given = [*node.args, *(key.value for key in node.keywords if key.arg == "mode")]
            modes = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            opens = name == "open" and any(re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", mode) for mode in modes)
            if changes or (opens and "os.devnull" not in ast.unparse(node)):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}")
    assert not wrong, "\n".join([*wrong, "use a function of evalkit/files.py or evalkit/folders.py"])


WRITERS = {
    "cli/main.py": "puts the clean streams in place and flushes them",
    "cli/show.py": "the one way out of a command; it writes to the clean streams",
    "cli/progress.py": "a progress bar, on a console",
    "extractors/worker/child.py": "what an extractor prints goes into a pipe, from which it is logged",
    "extractors/worker/process.py": "the same in a copy of the process",
    "report/forms/console.py": "the clean streams and the consoles",
    "report/forms/layout.py": "measures how wide words are at a terminal, and prints nothing",
    "report/forms/terminal.py": "lays clean documents out on a console",
}
"""Modules that write to a terminal, each with its reason; nothing passes there that steers it."""

SAYS = {"print", "click.echo", "click.secho", "make_console", "logging.StreamHandler", "traceback.print_exc"}
STREAMS = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}


def test_text_reaches_a_terminal_through_its_writers_only():
    wrong = []
    for path in sources():
        if path.relative_to(PACKAGE).as_posix() in WRITERS:
            continue
        nodes = list(ast.walk(tree(path)))
        # Whether it is a terminal may be asked anywhere.
        asked = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "isatty"}
        for node in nodes:
            if (isinstance(node, ast.Call) and ast.unparse(node.func) in SAYS) or (
                isinstance(node, ast.Attribute) and ast.unparse(node) in STREAMS and id(node) not in asked
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")
        wrong += [str(one) for one in imports(path) if one.module.split(".")[0] == "rich"]
    assert not wrong, "\n".join([*wrong, "use say, write, show, warn or complain of evalkit/cli/show.py"])


def test_nothing_runs_code_from_data():
    wrong = [
        str(one)
        for path in sources()
        for one in imports(path)
        if one.module.split(".")[0] in {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
    ]
    for path in sources():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            trusts = [key for key in node.keywords if key.arg == "trust_remote_code" and _is(key.value, True)]
            unsafe = [key for key in node.keywords if key.arg in ("allow_pickle", "shell") and _is(key.value, True)]
            if trusts or unsafe or called in ("eval", "exec", "os.system", "torch.load"):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {called}")
    assert not wrong, "\n".join(wrong)


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_names_in_tables_exist():
    """Tables hold "module:attr" strings, which no import checks before somebody asks for the name."""
    wrong = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            if not re.fullmatch(r"evalkit(\.\w+)+:\w+", node.value):
                continue
            name, _, attribute = node.value.partition(":")
            home = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if not home.is_file() or attribute not in defined(home):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.value} does not exist")
    assert not wrong, "\n".join(wrong)


def defined(path: Path) -> set[str]:
    names: set[str] = set()
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


MAY_KNOW = (
    *("layers/", "scoring/tasks/", "extractors/", "formats/inline/", "formats/tags/"),
    *("formats/doccano/", "formats/spacy_docs/"),
)
"""Rooms that may name a layer: layers and tasks themselves, what an extractor makes, two formats whose syntax is that
of particular layers (brackets for mentions, one tag a token), and tools whose files have a key of such a name."""


def test_nothing_else_knows_a_layer_by_name():
    from evalkit.layers.table import LAYERS
    from evalkit.scoring.tasks.table import TASKS

    layers = set(LAYERS.table)
    objects = {name.upper() for name in layers}
    wrong = []
    for path in sources():
        room = path.relative_to(PACKAGE).as_posix()
        if room.startswith(MAY_KNOW):
            continue
        prose = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree(path)):
            named = (
                (isinstance(node, ast.Constant) and node.value in layers | set(TASKS.table) and id(node) not in prose)
                or (isinstance(node, ast.Attribute) and node.attr in layers)
                or (isinstance(node, ast.Name) and node.id in objects)
                or (isinstance(node, ast.keyword) and node.arg in layers)
            )
            if named:
                wrong.append(f"evalkit/{room}:{node.lineno} {ast.unparse(node)}")
    assert not wrong, "\n".join([*wrong, "ask the layer or the task (all_layers, load_task) instead of naming it"])
