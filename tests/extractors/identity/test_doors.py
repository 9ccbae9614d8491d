"""Doors to files and code: what goes through them is spelt out and counts, or the extractor has no identity."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from evalkit.extractors.identity.reach import Reached, reach

IMPORTS = "import glob, importlib, os, runpy, subprocess, sys\nfrom pathlib import Path\nW = 'words'\n"
FILES = {"words.txt": "a", "data/names.txt": "a", "helper_of_mine.py": "N = 1\n", "script.py": "", "words": "a"}


def reached(body: str, folder: Path, **files: str) -> Reached:
    """What `find` reaches, in a project with the files."""
    for name, content in {**FILES, "doors_of_mine.py": IMPORTS + body, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        for name in ("doors_of_mine", "helper_of_mine"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        module = importlib.import_module("doors_of_mine")
        return reach(getattr(module, "made", None) or module.find, "find")


FIND = "def find(a):\n    return "

COMPUTED = [
    FIND + "open(glob.glob('*.txt')[0]).read()",
    FIND + "[open(name).read() for name in os.listdir('.')]",
    FIND + "[entry.path for entry in os.scandir()]",
    FIND + "list(os.walk('data'))",
    FIND + "[path.read_text() for path in Path('.').iterdir()]",
    FIND + "next(Path(__file__).parent.glob('*.txt')).read_text()",
    FIND + "importlib.import_module('helper_' + W)",
    FIND + "__import__(W + '_of_mine').N",
    FIND + "eval('N' + W)",
    "def find(a):\n    exec(a.text)",
    "def find(a):\n    code = compile(W + '1', 'x', 'eval')\n    return eval(code)",
    FIND + "open(os.path.expandvars('$HOME/words.txt')).read()",
    FIND + "open(os.path.expanduser('~/words.txt')).read()",
    FIND + "(Path.home() / 'words.txt').read_text()",
    FIND + "subprocess.run('cat words.txt', shell=True)",
    FIND + "subprocess.run(['sh', '-c', 'cat words*'])",
    FIND + "subprocess.check_output(['cat', W + '.txt'])",
    FIND + "os.system('cat words.txt')",
    FIND + "os.popen('cat words.txt').read()",
    FIND + "getattr(os, 'pop' + W)('cat words.txt')",
    FIND + "getattr(os, 'popen')('cat words.txt')",
    FIND + "open(os.readlink('words.txt')).read()",
    FIND + "runpy.run_path('script.py')",
    FIND + "open(sys.argv[1]).read()",
    FIND + "open(W + '.txt').read()",
    FIND + "open(f'{W}.txt').read()",
    FIND + "Path('%s.txt' % W).read_text()",
    FIND + "open(''.join(['words', '.txt'])).read()",
    FIND + "open(a.source).read()",
    FIND + "Path(W).with_suffix('.txt').read_text()",
    FIND + "list(map(open, [W]))",
    "def find(a):\n    name = W + '.txt'\n    with open(name) as file:\n        return file.read()",
    "def find(a):\n    from glob import glob as search\n    return search('*.txt')",
    "def find(a):\n    import os as system\n    return system.listdir()",
    "def load(name):\n    return open(name).read()\ndef find(a):\n    return load(W + '.txt')",
    "def load(folder, name):\n    return open(folder + name).read()\ndef find(a):\n    return load(W, '.txt')",
    "class M:\n    def load(self, name):\n        return open(name).read()\n    def __call__(self, a):\n"
    "        return self.load(W + '.txt')\nmade = M()",
    "search = glob.glob\ndef find(a):\n    return search('*.txt')",
]


@pytest.mark.parametrize("body", COMPUTED)
def test_what_is_not_spelt_out_is_no_identity(body: str, tmp_path: Path) -> None:
    assert reached(body, tmp_path).unread


SPELT = [
    (FIND + "open('words').read()", "words"),
    (FIND + "open('words.txt', encoding='utf-8').read()", "words.txt"),
    (FIND + "Path(W).read_text()", "words"),
    (FIND + "(Path(__file__).parent / 'words.txt').read_text()", "words.txt"),
    (FIND + "open(os.path.join(os.path.dirname(__file__), 'data', 'names.txt')).read()", "data/names.txt"),
    (FIND + "(Path(__file__).resolve().parent / 'data' / 'names.txt').open()", "data/names.txt"),
    (FIND + "[path.read_text() for path in sorted(Path('data').glob('*.txt'))]", "data/names.txt"),
    (FIND + "[open(name).read() for name in glob.glob('data/*.txt')]", "data/names.txt"),
    (FIND + "os.listdir('data')", "data/names.txt"),
    (FIND + "importlib.import_module('helper_of_mine').N", "helper_of_mine.py"),
    (FIND + "__import__('helper_of_mine').N", "helper_of_mine.py"),
    (FIND + "subprocess.run([sys.executable, 'script.py'], input=a.text, check=True)", "script.py"),
    ("def find(a):\n    for name in ('words.txt', 'words'):\n        open(name).close()", "words"),
    ("def find(a):\n    path = Path(__file__).parent / 'words.txt'\n    return path.read_text()", "words.txt"),
    ("def load(name):\n    return open(name).read()\ndef find(a):\n    return load('words')", "words"),
    (
        "def load(f, n):\n    return open(os.path.join(f, n))\ndef find(a):\n    return load('data', 'names.txt')",
        "data/names.txt",
    ),
    (
        "class M:\n    def __init__(self, folder):\n"
        "        self.words = [p.read_text() for p in Path(folder).iterdir()]\n        self.path = 'words'\n"
        "    def __call__(self, a):\n        return open(self.path).read() + str(self.words)\nmade = M('data')",
        "data/names.txt",
    ),
]


@pytest.mark.parametrize(("body", "file"), SPELT)
def test_what_is_spelt_out_counts_by_content(body: str, file: str, tmp_path: Path) -> None:
    before, other = reached(body, tmp_path), reached(body, tmp_path, **{file: "N = 2\n"})
    assert (before.unread, other.unread) == ("", "")
    assert before.sha256 != other.sha256


HARMLESS = [
    "import json, re\nP = re.compile('a')\n" + FIND + "json.loads('{}') or re.compile(a.text) or P.findall(a.text)",
    FIND + "getattr(a, 'te' + W, None)",
    "import zipfile\ndef find(a):\n    archive = zipfile.ZipFile('words.txt')\n    return archive.open(a.text)",
    FIND + "[word for word in a.text.split() if os.path.exists('words.txt')]",
]


@pytest.mark.parametrize("body", HARMLESS)
def test_what_reaches_nothing_else_has_an_identity(body: str, tmp_path: Path) -> None:
    assert reached(body, tmp_path).unread == ""
