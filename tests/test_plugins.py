"""Plugins that are broken: each is named in one line, and what does not need it goes on."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import evalkit
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.base import Batch, Format
from evalkit.options import Running
from evalkit.registry import Registry
from evalkit.report.render import render_report

Bring = Callable[..., None]


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch) -> Bring:
    """`bring(group, name=function that loads it)`: what an installed package registers."""
    before = Registry.entry_points
    brought: dict[str, dict[str, SimpleNamespace]] = {}

    def entry_points(registry: Registry) -> dict[str, object]:
        return {**before(registry), **brought.get(registry.group, {})}

    def register(group: str, **loaders: Callable[[], object]) -> None:
        points = {name: SimpleNamespace(name=name, value=f"pkg:{name}", load=load) for name, load in loaders.items()}
        brought.setdefault(group, {}).update(points)

    monkeypatch.setattr(Registry, "entry_points", entry_points)
    return register


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    row = {"id": "a", "text": "Ida left.", "entities": [{"spans": [[0, 3]], "label": "PER"}]}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def fails() -> object:
    raise RuntimeError("no licence")


class MuteError(Exception):
    """Cannot even say what it is."""

    def __str__(self) -> str:
        raise SystemExit(0)


def deep(document: object) -> object:
    return deep(document)


WAYS = [
    pytest.param(lambda *_: sys.exit(0), r"SystemExit: 0 \(test_plugins.py:\d+\)", id="exits"),
    pytest.param(lambda *_: sys.exit(3), r"SystemExit: 3", id="exits with 3"),
    pytest.param(lambda *_: sys.exit("no\nlicence"), "SystemExit: no licence", id="exits with words"),
    pytest.param(lambda *_: raises(GeneratorExit()), "GeneratorExit", id="ends a generator"),
    pytest.param(lambda *_: raises(asyncio.CancelledError()), "CancelledError", id="is cancelled"),
    pytest.param(lambda *_: raises(MemoryError()), "MemoryError", id="has no memory"),
    pytest.param(deep, "RecursionError", id="calls itself"),
    pytest.param(lambda *_: raises(MuteError()), "MuteError", id="cannot say"),
    pytest.param(lambda *_: raises(ValueError("\ud800")), r"ValueError: \\ud800", id="says half a character"),
]
"""How code of others may end, and what is said of it."""


def raises(error: BaseException) -> object:
    raise error


@pytest.mark.parametrize(("way", "said"), WAYS)
def test_whatever_a_plugin_does_at_import_is_one_line(bring: Bring, way: Callable[..., object], said: str) -> None:
    bring("evalkit.forms", odd=lambda: way(None))
    message = rf"form 'odd' is installed as 'pkg:odd' but cannot be loaded: {said}.*; mend or uninstall the package "
    with pytest.raises(EvalkitError, match=message):
        render_report(load_dataset(), "odd")


@pytest.mark.parametrize(("way", "said"), WAYS)
def test_whatever_a_form_does_is_one_line(bring: Bring, way: Callable[..., object], said: str) -> None:
    bring("evalkit.forms", odd=lambda: lambda document: way(document))
    with pytest.raises(EvalkitError, match=f"form 'odd' failed: {said}"):
        render_report(load_dataset(), "odd")


def test_a_form_that_returns_nothing_is_an_error(bring: Bring) -> None:
    bring("evalkit.forms", odd=lambda: lambda document: None)
    with pytest.raises(EvalkitError, match="form 'odd' gave NoneType, not text"):
        render_report(load_dataset(), "odd")


def test_who_interrupts_a_plugin_is_heard(bring: Bring) -> None:
    bring("evalkit.forms", odd=lambda: lambda document: raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        render_report(load_dataset(), "odd")


@pytest.mark.parametrize(("way", "said"), WAYS)
def test_whatever_a_convention_does_is_one_line(
    bring: Bring, gold: Path, way: Callable[..., object], said: str
) -> None:
    bring("evalkit.conventions", odd=lambda: lambda columns: way(columns))
    with pytest.raises(EvalkitError, match=f"convention 'odd' failed: {said}"):
        evalkit.score_predictions(gold, gold, conventions="odd")


PACKAGE = {
    "odd_plugin.py": """
import sys
from evalkit.layers.base import Layer
from evalkit.layers.categories import CATEGORIES
from dataclasses import replace


def problems(*_):
    sys.exit(0)


ODD = replace(CATEGORIES, name="odd", problems=problems)
""",
    "odd-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: odd\nVersion: 1\n",
    "odd-1.dist-info/entry_points.txt": "[evalkit.layers]\nodd = odd_plugin:ODD\n",
}


def test_a_layer_that_exits_somewhere_inside_is_named_at_the_terminal(gold: Path, tmp_path: Path) -> None:
    for name, content in PACKAGE.items():
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    row = json.loads(gold.read_text(encoding="utf-8"))
    gold.write_text(json.dumps({**row, "odd": [{"label": "x"}]}) + "\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "evalkit", "dataset", "validate", str(gold)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: layer 'odd' (odd_plugin:ODD) failed: SystemExit: 0 (odd_plugin.py:9); mend")


@pytest.mark.parametrize("sniff", [pytest.param(lambda path, head: 1 / 0, id="looks"), pytest.param(None, id="loads")])
def test_a_broken_format_keeps_nobody_from_reading_others(
    bring: Bring, gold: Path, sniff: Callable[..., float]
) -> None:
    form = Format(name="odd", about="odd", suffixes=(".odd",), sniff=sniff, read=lambda source, options: Batch())
    bring("evalkit.formats", odd=fails if sniff is None else lambda: form)
    assert len(load_dataset(gold)) == 1


@pytest.mark.parametrize(
    ("write", "message"),
    [
        pytest.param(
            lambda batch, target, options: None,
            "format 'odd' gave NoneType for what it wrote, not Losses",
            id="nothing",
        ),
        pytest.param(
            lambda batch, target, options: 1 / 0, "format 'odd' cannot write it .ZeroDivisionError", id="raises"
        ),
    ],
)
def test_a_format_that_cannot_write_is_named(
    bring: Bring, gold: Path, tmp_path: Path, write: Callable[..., object], message: str
) -> None:
    bring("evalkit.formats", odd=lambda: Format(name="odd", about="odd", suffixes=(".odd",), write=write))
    with pytest.raises(EvalkitError, match=message):
        convert_dataset(gold, tmp_path / "out.odd", to="odd")
    assert not (tmp_path / "out.odd").exists()


@pytest.mark.parametrize("words", [{"batch_size": -1}, {"batch_size": 0}, {"workers": 0}, {"workers": 1.5}])
def test_numbers_that_would_run_nothing_are_refused(words: dict[str, object]) -> None:
    (name,) = words
    with pytest.raises(InputError, match=f"{name} must be a whole number from 1"):
        Running(**words)


def test_one_path_stands_for_a_list_of_it(gold: Path, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Ida Moen left Oslo.\n", encoding="utf-8")
    for one in (article, str(article)):
        assert len(evalkit.extract_articles("rules", one).articles) == 1
    splits = {"test": ["a"]}
    built = evalkit.build_dataset(gold, tmp_path / "out", corpus=tmp_path / "corpus", splits=splits)
    assert [len(split) for split in built.splits] == [1]
    run = evalkit.run_extractor("rules", gold)
    assert evalkit.diagnose(run, slices="length", resamples=0).slices


@pytest.mark.parametrize("odd", [None, 0, ""])
def test_what_is_no_prediction_is_refused(odd: object) -> None:
    with pytest.raises(InputError, match=r"found .* among them"):
        evalkit.score_predictions(load_dataset(), [odd])


def test_a_form_that_is_no_function_is_named(bring: Bring) -> None:
    bring("evalkit.forms", odd=SimpleNamespace)
    with pytest.raises(EvalkitError, match="form 'odd' is a SimpleNamespace, not a function; mend or uninstall"):
        render_report(load_dataset(), "odd")


def test_a_format_that_cannot_be_asked_is_named_once(
    bring: Bring, gold: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bring("evalkit.formats", silent=fails)
    for _ in range(2):
        load_dataset(gold)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("note: format 'silent' is installed as 'pkg:silent' but cannot be loaded: RuntimeError")


PRINTING = {
    "printing.py": """
print("printed at import")


class Form:
    def __call__(self, document):
        print("printed inside")
        return "the result"


FORM = Form()
""",
    "printing-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: printing\nVersion: 1\n",
    "printing-1.dist-info/entry_points.txt": (
        "[evalkit.forms]\nodd = printing:FORM\n[evalkit.tasks]\nbroken = printing:FORM\n"
    ),
}


def test_what_a_plugin_prints_is_no_result_and_help_works_with_a_broken_one(tmp_path: Path) -> None:
    for name, content in PRINTING.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    path_of_modules = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path_of_modules, "COLUMNS": "10000"}

    def evalkit_says(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "evalkit", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    shown = evalkit_says("dataset", "describe", "--to", "odd")
    assert (shown.returncode, shown.stdout.strip()) == (0, "the result")
    assert "printed at import\nprinted inside" in shown.stderr
    helped = evalkit_says("run", "--help")
    assert helped.returncode == 0
    assert "task 'broken'" in helped.stdout
    assert "printed at import" not in helped.stdout
