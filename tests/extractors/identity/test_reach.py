"""What a user's code can reach: what changes an extractor, what does not, and what cannot be read."""

from __future__ import annotations

import functools
import importlib
import re
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.extractors.identity import reach as reach_module
from evalkit.extractors.identity.named_files import LARGEST, MOST_FILES
from evalkit.extractors.identity.reach import Reached, reach


def cell(code: str, name: str = "find", **more: object) -> Any:
    """What a cell of a notebook defines: code without a file."""
    scope: dict[str, object] = {"__name__": "__main__", **more}
    exec(compile(code, "<cell>", "exec"), scope)
    return scope[name]


def sha256(target: object) -> str:
    reached = reach(target, "mine")
    assert reached.unread == ""
    return reached.sha256


# Code.

FIND = "def find(article):\n    return [(0, 3, 'PER')]\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(FIND, FIND.replace("'PER'", "'ORG'"), id="a constant"),
        pytest.param("def find(a):\n return a.text", "def find(a):\n return a.title", id="an attribute"),
        pytest.param("def find(a, n=1):\n return n", "def find(a, n=2):\n return n", id="a default"),
        pytest.param("def find(a, *, n=1):\n return n", "def find(a, *, n=2):\n return n", id="a keyword's default"),
        pytest.param("N = 1\ndef find(a):\n return N", "N = 2\ndef find(a):\n return N", id="a global"),
        pytest.param(
            "def rule(a):\n return 1\ndef find(a):\n return rule(a)",
            "def rule(a):\n return 2\ndef find(a):\n return rule(a)",
            id="a function that it calls",
        ),
        pytest.param(
            "N = 1\ndef rule(a):\n return N\ndef find(a):\n return rule(a)",
            "N = 2\ndef rule(a):\n return N\ndef find(a):\n return rule(a)",
            id="a global of a function that it calls",
        ),
        pytest.param(
            "def find(a):\n return [x for x in a if x in {1, 2}]",
            "def find(a):\n return [x for x in a if x in {1, 3}]",
            id="a constant in a comprehension",
        ),
        pytest.param(
            "def make(n):\n return lambda a: n\nfind = make(1)",
            "def make(n):\n return lambda a: n\nfind = make(2)",
            id="a captured value",
        ),
        pytest.param(
            "def make(f):\n return lambda a: f(a)\nfind = make(lambda a: 1)",
            "def make(f):\n return lambda a: f(a)\nfind = make(lambda a: 2)",
            id="a captured function",
        ),
        pytest.param("def find(a):\n return 1\nfind.n = 1", "def find(a):\n return 1\nfind.n = 2", id="an attribute"),
        pytest.param(
            "import functools\nfind = functools.partial(lambda a, n: n, n=1)",
            "import functools\nfind = functools.partial(lambda a, n: n, n=2)",
            id="a partial",
        ),
        pytest.param(
            "import functools\n@functools.lru_cache\ndef rule(a):\n return 1\ndef find(a):\n return rule(a)",
            "import functools\n@functools.lru_cache\ndef rule(a):\n return 2\ndef find(a):\n return rule(a)",
            id="a function behind a cache",
        ),
        pytest.param(
            "class find:\n n = 1\n def extract(self, a):\n  return self.n",
            "class find:\n n = 2\n def extract(self, a):\n  return self.n",
            id="an attribute of a class",
        ),
        pytest.param(
            "class A:\n def rule(self):\n  return 1\nclass find(A):\n pass",
            "class A:\n def rule(self):\n  return 2\nclass find(A):\n pass",
            id="a method of a base",
        ),
        pytest.param(
            "class find:\n @property\n def n(self):\n  return 1",
            "class find:\n @property\n def n(self):\n  return 2",
            id="a property",
        ),
        pytest.param(
            "class find:\n @classmethod\n def n(cls):\n  return 1",
            "class find:\n @classmethod\n def n(cls):\n  return 2",
            id="a method of the class",
        ),
        pytest.param(
            "class M:\n def __init__(s, n):\n  s.n = n\nm = M(1)\ndef find(a):\n return m.n",
            "class M:\n def __init__(s, n):\n  s.n = n\nm = M(2)\ndef find(a):\n return m.n",
            id="state of an object",
        ),
        pytest.param(
            "class M:\n __slots__ = ('n',)\nm = M()\nm.n = 1\ndef find(a):\n return m.n",
            "class M:\n __slots__ = ('n',)\nm = M()\nm.n = 2\ndef find(a):\n return m.n",
            id="state of an object with slots",
        ),
        pytest.param(
            "class M:\n def f(s, a):\n  return s.n\nm = M()\nm.n = 1\nfind = m.f",
            "class M:\n def f(s, a):\n  return s.n\nm = M()\nm.n = 2\nfind = m.f",
            id="the object of a method",
        ),
    ],
)
def test_another_extractor(one: str, other: str) -> None:
    first, again, second = cell(one), cell(one), cell(other)
    assert sha256(first) == sha256(again) != sha256(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(FIND, f"\n\n# A remark.\n{FIND}", id="a remark"),
        pytest.param(FIND, f"N = 1\n{FIND}\ndef other():\n    return N\n", id="what it does not use"),
        pytest.param(
            "import threading, logging\nL, G = threading.Lock(), logging.getLogger('x')\ndef find(a):\n return L, G",
            "import threading, logging\nL, G = threading.Lock(), logging.getLogger('x')\ndef find(a):\n return L, G",
            id="another lock",
        ),
        pytest.param(
            "def even(n):\n return n == 0 or odd(n - 1)\ndef odd(n):\n return n != 0 and even(n - 1)\nfind = even",
            "def even(n):\n return n == 0 or odd(n - 1)\ndef odd(n):\n return n != 0 and even(n - 1)\nfind = even",
            id="functions that call each other",
        ),
        pytest.param(
            "class N:\n pass\nn = N()\nn.n = n\ndef find(a):\n return n",
            "class N:\n pass\nn = N()\nn.n = n\ndef find(a):\n return n",
            id="an object that holds itself",
        ),
    ],
)
def test_the_same_extractor(one: str, other: str) -> None:
    assert sha256(cell(one)) == sha256(cell(other))


def test_long_chains_of_functions_are_followed_to_their_end() -> None:
    chain = "def f0(a):\n return {}\n" + "".join(f"def f{n + 1}(a):\n return f{n}(a)\n" for n in range(500))
    one, other = (sha256(cell(chain.format(end), "f500")) for end in (1, 2))
    assert one != other


def test_nothing_depends_on_addresses_or_the_seed_of_hashes(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import re\nclass M:\n    pass\nM_ = M()\nM_.words = {'a', 'b', 'c', 'd'}\nM_.other = M()\n"
        "P = re.compile('a')\ndef find(a):\n    return [w for w in M_.words if w in {'x', 'y', 'z'} or P.match(w)]\n"
    )
    code = (
        "import mine\nfrom evalkit.extractors.identity.reach import reach\n"
        "print(reach(mine.find, 'mine').sha256, reach(mine.find, 'mine').unread)"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={"PYTHONPATH": ":".join(map(str, [tmp_path, *sys.path])), "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("0", "1", "2")
    }
    assert len(shown) == 1
    assert re.fullmatch(r"[0-9a-f]{64}", shown.pop())


# Values.


class Colour(Enum):
    RED = 1
    BLUE = 2


class Words(dict[str, int]):
    extra = 0


@dataclass
class Point:
    x: int
    tags: list[str]


Pair = namedtuple("Pair", "left right")


def ordered(*keys: str) -> OrderedDict[str, int]:
    made = OrderedDict((key, 1) for key in sorted(keys))
    for key in keys:
        made.move_to_end(key)
    return made


def with_extra(words: Words, extra: int) -> Words:
    words.extra = extra
    return words


VALUES: list[Callable[[], object]] = [
    lambda: None,
    lambda: True,
    lambda: 1,
    lambda: 1.0,
    lambda: "1",
    lambda: b"1",
    lambda: bytearray(b"1"),
    lambda: [1],
    lambda: (1,),
    lambda: {1},
    lambda: [1.0],
    lambda: [[1]],
    lambda: [1, 1],
    lambda: ["a", "b"],
    lambda: ["ab"],
    lambda: {"a": 1, "b": 1},
    lambda: {"b": 1, "a": 1},
    lambda: ordered("a", "b"),
    lambda: ordered("b", "a"),
    lambda: defaultdict(int, a=1),
    lambda: defaultdict(list, a=1),
    lambda: Counter(a=1),
    lambda: with_extra(Words(a=1), 0),
    lambda: with_extra(Words(a=1), 1),
    lambda: Colour.RED,
    lambda: Colour.BLUE,
    lambda: Point(1, ["a"]),
    lambda: Point(1, ["b"]),
    lambda: Pair(1, 2),
    lambda: Pair(2, 1),
    lambda: re.compile("a"),
    lambda: re.compile("a", re.I),
    lambda: Decimal("1.0"),
    lambda: Decimal("1.00"),
    lambda: date(2024, 1, 1),
    lambda: date(2024, 1, 2),
    lambda: range(3),
    lambda: slice(3),
    lambda: [].append,
    lambda: [1].append,
    lambda: str.upper,
    lambda: str.lower,
    lambda: len,
    lambda: np.int64(1),
    lambda: np.arange(3),
    lambda: np.arange(3, dtype=np.int32),
    lambda: np.arange(3).reshape(3, 1),
    lambda: np.zeros((4, 4))[::2, ::2],
    lambda: np.zeros((2, 3)),
    lambda: np.array(["a", 1], dtype=object),
    lambda: np.array(["b", 1], dtype=object),
    lambda: np.array(["2024-01-01"], dtype="datetime64[D]"),
    lambda: np.array([]),
    lambda: np.random.default_rng(0),
    lambda: np.random.default_rng(1),
    lambda: pd.DataFrame({"a": [1]}),
    lambda: pd.DataFrame({"a": [2]}),
    lambda: pd.DataFrame({"b": [1]}),
    lambda: pd.DataFrame({"a": ["x"]}).astype("category"),
    lambda: pd.Series([1], name="a"),
    lambda: pd.Series([1], index=["x"]),
    lambda: functools.partial(len),
    lambda: functools.partial(len, []),
    lambda: Path("no/such/file"),
    lambda: Path("no/such/folder"),
]


def test_values_that_differ_are_told_apart_and_equal_ones_are_not() -> None:
    first, second = ([sha256([make()]) for make in VALUES] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(VALUES)


def test_tensors_count_by_content() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.Linear(2, 2)
    before = sha256(layer)
    assert sha256(layer) == before
    with torch.no_grad():
        layer.weight[0, 0] += 1
    assert sha256(layer) != before
    kinds = [torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16), torch.zeros(1, 2), torch.tensor(0.0)]
    assert len({sha256(tensor) for tensor in kinds}) == len(kinds)
    assert "torch.Tensor" in reach({"weights": torch.zeros(2).to_sparse()}, "mine").unread


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_copy_is_the_same(value: object) -> None:
    import copy

    assert sha256(value) == sha256(copy.deepcopy(value))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("S = memoryview(b'a')\ndef find(a):\n return S", "S (builtins.memoryview)", id="of a library"),
        pytest.param("G = (n for n in 'ab')\ndef find(a):\n return G", "G (builtins.generator)", id="begun"),
        pytest.param(
            "class M:\n pass\nM_ = M()\nM_.session = memoryview(b'a')\ndef find(a):\n return M_",
            "M_.session (builtins.memoryview)",
            id="inside of an object",
        ),
    ],
)
def test_what_cannot_be_read_is_named_and_has_no_address(code: str, said: str) -> None:
    one, other = (reach(cell(code), "find") for _ in range(2))
    assert one == other
    assert one.unread == said


def test_more_than_can_be_read_is_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module, "MOST_VALUES", 1000)
    reached = reach(cell("N = [[n] for n in range(2000)]\ndef find(a):\n return N"), "find")
    assert reached.unread == "find (it reaches more than can be read)"
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert reach(deep, "deep").unread == "deep (it reaches more than can be read)"


def test_an_extractor_that_is_held_is_known_by_its_fingerprint() -> None:
    code = (
        "class Inner:\n def __init__(s, said):\n  s.said, s.lock = said, memoryview(b'a')\n"
        " def fingerprint(s):\n  return s.said\n def extract(s, a):\n  return a\n"
        "inner = Inner('{}')\ndef find(a):\n return inner.extract(a)"
    )
    assert sha256(cell(code.format("v1"))) == sha256(cell(code.format("v1"))) != sha256(cell(code.format("v2")))


# Modules and files.


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def in_project(files: dict[str, str], project: Path) -> Reached:
    """What `find` reaches in a project with these files, all of them imported anew."""
    for name, content in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)
    for name in [name for name in sys.modules if name.startswith("mine_")]:
        del sys.modules[name]
    # Two versions of a file may be of one second and one size, which byte code does not tell apart.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.chdir(project)
        patch.syspath_prepend(str(project))
        importlib.invalidate_caches()
        reached = reach(importlib.import_module("mine_reached").find, "find")
    assert reached.unread == ""
    return reached


BASE = {
    "mine_reached.py": "import mine_helper\nfrom mine_package.rules import rule\n\ndef find(a):\n"
    "    return mine_helper.WORDS, rule(a)\n",
    "mine_helper.py": "import json, pathlib\nWORDS = json.loads(pathlib.Path('words.json').read_text())\n",
    "words.json": '["a"]',
    "mine_package/__init__.py": "",
    "mine_package/rules.py": "from . import deep\n\ndef rule(a):\n    from .late import L\n    return deep.D, L\n",
    "mine_package/deep.py": "D = 1\n",
    "mine_package/late.py": "L = 1\n",
    "unrelated.py": "U = 1\n",
}


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        pytest.param("mine_reached.py", BASE["mine_reached.py"] + "# edited\n", True, id="its own file"),
        pytest.param("mine_helper.py", BASE["mine_helper.py"] + "# edited\n", True, id="a module that it imports"),
        pytest.param("words.json", '["b"]', True, id="a file that was read when it was imported"),
        pytest.param("mine_package/rules.py", BASE["mine_package/rules.py"] + "# edited\n", True, id="a package"),
        pytest.param("mine_package/deep.py", "D = 2\n", True, id="a relative import"),
        pytest.param("mine_package/late.py", "L = 2\n", True, id="an import inside a function"),
        pytest.param("mine_package/__init__.py", "X = 1\n", True, id="the package around a module"),
        pytest.param("unrelated.py", "U = 2\n", False, id="what it does not import"),
    ],
)
def test_modules_of_a_user_are_followed(name: str, content: str, seen: bool, tmp_path: Path) -> None:
    before = in_project(BASE, tmp_path)
    assert (in_project({name: content}, tmp_path) != before) is seen


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        pytest.param("def find(a):\n    return open('data/words.txt').read()", True, id="named in the code"),
        pytest.param("W = 'data/words.txt'\ndef find(a):\n    return open(W).read()", True, id="named by a global"),
        pytest.param(
            "from pathlib import Path\nW = Path('data') / 'words.txt'\ndef find(a):\n    return W.read_text()",
            True,
            id="a path",
        ),
        pytest.param(
            "from pathlib import Path\nHERE = Path(__file__).parent / 'data'\ndef find(a):\n"
            "    return (HERE / 'words.txt').read_text()",
            True,
            id="a folder and a name",
        ),
        pytest.param(
            "from pathlib import Path\nD = Path('data')\ndef find(a):\n    return [f.read_text() for f in D.iterdir()]",
            True,
            id="a folder of data",
        ),
        pytest.param("def find(a):\n    return load('data/')", True, id="a folder by its name"),
        pytest.param(
            "from pathlib import Path\nHERE = Path(__file__).parent\ndef find(a):\n    return HERE",
            False,
            id="the folder of the code is no data",
        ),
        pytest.param("def find(a):\n    return 'words'", False, id="a word is no file"),
    ],
)
def test_files_that_code_names_count_by_content(code: str, seen: bool, tmp_path: Path) -> None:
    files = {"mine_reached.py": code, "data/words.txt": "a", "words": "a"}
    before = in_project(files, tmp_path)
    assert (in_project({"data/words.txt": "b", "words": "b"}, tmp_path) != before) is seen


def test_a_project_may_lie_elsewhere(tmp_path: Path) -> None:
    files = BASE | {
        "mine_reached.py": BASE["mine_reached.py"] + "from pathlib import Path\nH = Path(__file__).parent\n"
    }
    assert in_project(files, tmp_path / "one") == in_project(files, tmp_path / "two")


def test_what_is_too_large_is_not_read(project: Path) -> None:
    with (project / "weights.bin").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert "weights.bin (more than 1 GiB)" in reach(cell("def find(a):\n return 'weights.bin'"), "find").unread
    many = project / "many"
    many.mkdir()
    for number in range(MOST_FILES + 1):
        (many / str(number)).touch()
    assert "many (more than 1,000 files" in reach({"folder": many}, "find").unread


def test_installed_libraries_count_by_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.extractors.identity import sources

    find = cell("import click\ndef find(a):\n return click.style(a)")
    before = sha256(find)
    monkeypatch.setattr(sources, "installed_version", lambda name: f"{name}-9")
    assert sha256(find) != before


def test_an_address_that_an_object_keeps_does_not_count() -> None:
    class Vectorizer:
        def __init__(self) -> None:
            self.words = ["a"]
            self.words_id = id(self.words)

    first, second = Vectorizer(), Vectorizer()
    assert first.words_id != second.words_id
    assert sha256(first) == sha256(second)


def test_threads_and_what_they_wait_for_do_not_count() -> None:
    class Model:
        def __init__(self) -> None:
            self.lock, self.condition, self.event = threading.RLock(), threading.Condition(), threading.Event()

    assert sha256(Model()) == sha256(Model())


@pytest.mark.parametrize("text", ["/", "//", "///"])
def test_a_root_that_is_named_is_no_folder_of_data(text: str) -> None:
    assert reach({text: None}, "mine").unread == ""
