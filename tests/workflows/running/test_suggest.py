"""What was suggested and is read back, as gold or as predictions, is what was predicted, but for the losses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import FormatError, InputError, OutputError, UnknownNameError
from evalkit.formats.native.canonical import canonical_annotations
from evalkit.formats.table import FORMATS, load_format
from evalkit.options import ReadOptions
from evalkit.predictions.extraction import Extraction
from evalkit.predictions.load import load_predictions
from evalkit.predictions.suggestions import Suggestions
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.workflows.running.extract import extract_articles
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.running.suggest import write_suggestions

TEXTS = {"a-port": "Ida Moen left Oslo.", "b-ship": "🚢 Åse Ek met Ida Moen in Oslo.", "c-empty": "Nobody came."}
ARTICLES = [Article(id=name, text=text, lang="en") for name, text in TEXTS.items()]

WRITTEN = [name for name in FORMATS.table if load_format(name).write is not None]


def names(article: Article) -> list[tuple[int, int, str]]:
    places = [(name, article.text.find(name)) for name in ("Ida Moen", "Åse Ek", "Oslo")]
    return [(at, at + len(name), "GPE" if name == "Oslo" else "PER") for name, at in places if at >= 0]


def plain(annotations: Annotations) -> set[tuple[int, int, str]]:
    return {(*entity.spans[0], entity.label) for entity in annotations["entities"] or ()}


@pytest.mark.parametrize("to", WRITTEN)
def test_read_back_it_is_what_was_predicted(tmp_path: Path, to: str) -> None:
    form = load_format(to)
    extraction = extract_articles(names, ARTICLES)
    target = tmp_path / f"s{form.suffixes[0]}"
    try:
        written = write_suggestions(extraction, target, to=to)
    except FormatError:
        # What holds one article a file is written as a folder.
        target = tmp_path / "s"
        written = write_suggestions(extraction, target, to=to)
    layer = written.to_json()["layers"]["entities"]
    assert layer["read"] == 5 == layer["written"] + sum(layer["lost"].values())
    if to in ("conll", "csv", "xmi", "casjson", "conllu", "native", "parquet", "inline"):
        assert layer["written"] == 5
    back = load_predictions(target, read=ReadOptions(format=to))
    found = {one.article_id: plain(one.annotations) for one in back.predictions}
    predicted = {one.article_id: plain(one.annotations) for one in extraction.predictions}
    ids_kept = found.keys() <= predicted.keys()
    assert sum(map(len, found.values())) == layer["written"]
    if ids_kept and not layer["lost"]:
        # Where a format keeps nothing of an article without items, nothing was predicted in it.
        assert {name: items for name, items in found.items() if items} == {
            name: items for name, items in predicted.items() if items
        }


@pytest.mark.parametrize("to", ["native", "inline", "parquet"])
def test_read_back_as_gold_it_is_gold(tmp_path: Path, to: str) -> None:
    extraction = extract_articles("rules", ARTICLES)
    target = tmp_path / ("s" if to == "inline" else f"s{load_format(to).suffixes[0]}")
    write_suggestions(extraction, target, to=to)
    gold = {one.article.id: one.gold for one in load_dataset(target, read=ReadOptions(format=to))}
    for one in extraction.predictions:
        wanted = canonical_annotations(one.annotations, renumber=True)
        there = canonical_annotations(gold[one.article_id], renumber=True)
        assert {layer: [_bare(item) for item in items] for layer, items in wanted.layers.items()} == {
            layer: [_bare(item) for item in items] for layer, items in there.layers.items()
        }


def _bare(item: object) -> object:
    return {name: getattr(item, name) for name in item.__slots__ if name != "score"}  # type: ignore[attr-defined]


def test_a_run_and_its_folder_are_as_good_as_an_extraction(tmp_path: Path) -> None:
    gold = [Example(article=article, gold=Annotations(entities=())) for article in ARTICLES]
    run = run_extractor(names, gold, out=tmp_path / "run")
    assert isinstance(run.dataset, GoldDataset)
    first = write_suggestions(extract_articles(names, ARTICLES), tmp_path / "a.jsonl", to="native")
    second = write_suggestions(run, tmp_path / "b.jsonl", to="native")
    assert isinstance(second, Suggestions)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert first.losses == second.losses
    assert second.to_pandas().to_dict("records") == [{"layer": "entities", "predicted": 5, "written": 5, "lost": 0}]


def test_a_run_over_gold_in_a_folder_is_found_again(tmp_path: Path) -> None:
    run = run_extractor("trivial", None, limit=2, out=tmp_path / "run")
    written = write_suggestions(tmp_path / "run", tmp_path / "s.jsonl", to="native")
    assert (written.articles, written.extractor) == (2, run.extractor)


@pytest.mark.parametrize(
    ("predictions", "to", "kind", "message"),
    [
        (3, "native", InputError, "predictions must be an Extraction .*, a Run or its path, found int '3'"),
        ([], "native", InputError, "found list"),
        ("none", "native", InputError, "none"),
    ],
)
def test_what_is_no_prediction_is_refused(
    tmp_path: Path, predictions: object, to: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        write_suggestions(predictions, tmp_path / "s", to=to)  # type: ignore[arg-type]


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    extraction = extract_articles(names, ARTICLES)
    (tmp_path / "there").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_suggestions(extraction, tmp_path / "there", to="native")
    with pytest.raises(UnknownNameError, match="did you mean 'native'"):
        write_suggestions(extraction, tmp_path / "s", to="nativ")
    with pytest.raises(FormatError, match="one inline file holds one article"):
        write_suggestions(extraction, tmp_path / "s.txt", to="inline")
    assert not (tmp_path / "s.txt").exists()


def test_articles_without_a_text_are_refused(tmp_path: Path) -> None:
    extraction = Extraction(
        extractor="x",
        articles=(Article(id="a", text=""),),
        predictions=(Prediction(article_id="a", annotations=Annotations(entities=())),),
    )
    with pytest.raises(InputError, match="article 'a' has no text"):
        write_suggestions(extraction, tmp_path / "s.jsonl", to="native")


def test_label_studio_is_told_whose_suggestions_they_are(tmp_path: Path) -> None:
    extraction = extract_articles(names, ARTICLES)
    write_suggestions(extraction, tmp_path / "s.json", to="labelstudio")
    tasks = json.loads((tmp_path / "s.json").read_bytes())
    assert {one["model_version"] for task in tasks for one in task["predictions"]} == {extraction.extractor}
    assert extraction.extractor not in ("", "evalkit")
