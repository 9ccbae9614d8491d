"""What `import evalkit` offers, and `score_predictions`."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import evalkit
from evalkit.errors import EvalkitError, OffsetError
from evalkit.records import Annotations, Article, Entity, Prediction, Span
from evalkit.results import EvalResult

VERBS = [name for name in evalkit.__all__ if inspect.isfunction(getattr(evalkit, name))]


def ids(article: Article) -> list[tuple[int, int, str]]:
    return [(0, 8, "PER")]


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    rows = [
        {
            "id": name,
            "text": "Ida Moen left Oslo.",
            "entities": [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}],
        }
        for name in ("a1", "a2")
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


def predicted(*names: str) -> list[Prediction]:
    person = Entity(id="e1", spans=(Span(0, 8),), label="PER")
    return [Prediction(article_id=name, annotations=Annotations(entities=(person,))) for name in names]


def test_all_is_sorted_and_complete():
    # As ruff sorts it: constants, then classes, then functions.
    assert evalkit.__all__ == sorted(
        evalkit.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert len(evalkit.__all__) == len(set(evalkit.__all__))
    assert set(dir(evalkit)) == set(evalkit.__all__)


@pytest.mark.parametrize("name", evalkit.__all__)
def test_each_name_leads_to_its_home(name: str):
    home = importlib.import_module(evalkit._MODULES[name])
    assert getattr(evalkit, name) is getattr(home, name)
    assert name in home.__all__


def types_in(annotation: Any) -> Iterator[Any]:
    """The classes that an annotation names, those in brackets too."""
    inside = get_args(annotation)
    if isinstance(annotation, type) and not inside:
        yield annotation
    for one in inside:
        # The parameters of a callable are a list.
        yield from (kind for own in (one if isinstance(one, list) else [one]) for kind in types_in(own))


@pytest.mark.parametrize("name", VERBS)
def test_every_type_in_a_public_signature_is_public(name: str):
    hints = get_type_hints(getattr(evalkit, name))
    named = {kind for hint in hints.values() for kind in types_in(hint)}
    ours = {kind.__name__ for kind in named if kind.__module__.partition(".")[0] == "evalkit"}
    assert ours <= set(evalkit.__all__)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_gives_something_for_frames_programs_and_notebooks(name: str):
    given = get_type_hints(getattr(evalkit, name))["return"]
    # A report is text in any form, of any of these; what writes one gives nothing; what is called so gives a frame.
    if given not in (str, type(None)) and not name.endswith("_to_pandas"):
        assert all(callable(getattr(given, way, None)) for way in ("to_pandas", "to_json", "_repr_html_"))


@pytest.mark.parametrize("name", VERBS)
def test_every_parameter_and_option_of_a_verb_is_explained(name: str):
    verb = getattr(evalkit, name)
    described = set(re.findall(r"^    (\w+): ", inspect.getdoc(verb) or "", re.MULTILINE))
    assert set(inspect.signature(verb).parameters) <= described


def test_no_folder_bears_the_name_of_a_public_function():
    folders = {path.name for path in Path(evalkit.__file__).parent.rglob("*") if path.is_dir()}
    assert not folders & set(VERBS)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(evalkit.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (node.module, alias.name) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen - {("typing", "Any")} == {(module, name) for name, module in evalkit._MODULES.items()}


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_datasets'"):
        evalkit.load_datasets  # noqa: B018


def test_every_error_is_public():
    errors = importlib.import_module("evalkit.errors")
    assert set(errors.__all__) <= set(evalkit.__all__)


class TestScorePredictions:
    def test_records_against_a_file(self, gold_file: Path):
        result = evalkit.score_predictions(gold_file, predicted("a1", "a2"), resamples=0, baseline=False)
        # Two articles, each with two gold entities, one of them found: P = 2/2, R = 2/4.
        micro = result.tasks["entities"]["exact"].micro
        assert (micro.precision, micro.recall) == (1.0, 0.5)
        assert micro.ci == {}
        assert result.floor == {}
        assert result.not_evaluated["quotes"] == "the gold does not annotate it"
        assert result.not_evaluated["stances"] == "the gold does not annotate it"

    def test_every_way_of_giving_predictions_scores_the_same(self, gold_file: Path, tmp_path: Path):
        gold = evalkit.load_dataset(gold_file)
        run = evalkit.run_extractor(ids, gold, out=tmp_path / "run")
        lines = tmp_path / "predicted.jsonl"
        row = {"entities": [{"spans": [[0, 8]], "label": "PER"}]}
        lines.write_text("".join(json.dumps({"id": name, **row}) + "\n" for name in ("a2", "a1")), encoding="utf-8")
        ways = [predicted("a2", "a1"), run, tmp_path / "run", str(lines)]
        results = [evalkit.score_predictions(gold, way, resamples=50).to_json()["tasks"] for way in ways]
        assert all(result == results[0] for result in results)

    def test_a_run_brings_its_gold_and_name(self, gold_file: Path):
        run = evalkit.run_extractor(ids, gold_file)
        result = evalkit.score_predictions(None, run, resamples=0)
        assert (result.extractor, result.articles, result.split) == ("ids", 2, "all")

    def test_the_floor_stands_beside(self, gold_file: Path):
        result = evalkit.score_predictions(gold_file, predicted("a1"), resamples=0)
        assert set(result.floor) == {"entities"}

    def test_labels_and_maps(self, gold_file: Path):
        options = {"resamples": 0, "baseline": False}
        mapped = evalkit.score_predictions(gold_file, predicted("a1", "a2"), label_map="conll4", **options)
        assert set(mapped.tasks["entities"]["exact"].labels) == {"LOC", "PER"}
        only = evalkit.score_predictions(gold_file, predicted("a1", "a2"), labels=["PER"], **options)
        assert only.tasks["entities"]["exact"].micro.f1 == 1.0

    def test_the_seed_is_in_the_signature(self, gold_file: Path):
        result = evalkit.score_predictions(gold_file, predicted("a1"), resamples=20, seed=3, baseline=False)
        assert "ci:bootstrap20/article/seed3" in result.tasks["entities"]["exact"].signature

    def test_offsets_of_a_file_are_checked(self, gold_file: Path, tmp_path: Path):
        lines = tmp_path / "p.jsonl"
        lines.write_text(json.dumps({"id": "a1", "entities": [{"spans": [[0, 80]], "label": "PER"}]}), encoding="utf-8")
        with pytest.raises(OffsetError, match=r"p\.jsonl: a1: entities\[0\] .*outside the text of 19 code points"):
            evalkit.score_predictions(gold_file, lines)

    def test_a_result_renders_and_becomes_a_frame(self, gold_file: Path):
        result = evalkit.score_predictions(gold_file, predicted("a1", "a2"), resamples=0)
        assert isinstance(result, EvalResult)
        assert evalkit.render_report(result, "tsv").startswith("extractor\t")
        frame = result.to_pandas()
        row = frame[(frame["convention"] == "exact") & (frame["label"] == "micro")].iloc[0]
        assert (row["gold"], row["predicted"], row["recall"]) == (4, 2, 0.5)

    def test_unknown_reporter_names_the_known(self, gold_file: Path):
        result = evalkit.score_predictions(gold_file, predicted("a1"), resamples=0, baseline=False)
        with pytest.raises(EvalkitError, match=r"unknown form 'markdwon'; did you mean 'markdown'\?"):
            evalkit.render_report(result, "markdwon")
