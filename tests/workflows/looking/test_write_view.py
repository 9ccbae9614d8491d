"""The page of an exploration: its size, its bytes, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import InputError, OutputError
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span
from evalkit.workflows.looking import write_view as module
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.looking.write_view import write_view
from evalkit.workflows.running.run import run_extractor


@pytest.fixture(scope="module")
def gold() -> GoldDataset:
    return load_dataset(None, split="test")


@pytest.fixture(scope="module")
def runs(gold: GoldDataset) -> list[Run]:
    """The rules, and the same with other labels, scores and fewer items."""
    rules = run_extractor("rules", gold, cache=False)
    return [rules, replace(rules, extractor="other", predictions=tuple(map(worsened, rules.predictions)), admitted=())]


def worsened(prediction: Prediction) -> Prediction:
    """Two of three items, each with a score of its own, and some entities under another label."""
    kept = {
        name: [replace(item, score=0.5 + number % 97 / 200) for number, item in enumerate(items) if number % 3]
        for name, items in prediction.annotations.layers.items()
    }
    kept["entities"] = [replace(item, label="ORG") if item.score > 0.52 else item for item in kept["entities"]]
    return replace(prediction, annotations=prediction.annotations.with_layers(**kept))


def copied(gold: GoldDataset, runs: Sequence[Run], times: int) -> tuple[GoldDataset, list[Run]]:
    """Every article several times under other ids; too far apart for what packs a page to see that it is the same."""
    names = [(example, f"{example.article.id}-{copy}") for copy in range(times) for example in gold]
    examples = [replace(one, article=replace(one.article, id=name), readings={}) for one, name in names]
    many = gold_dataset(examples, name="many", split="test", inventory=gold.inventory)
    by_id = [{one.article_id: one for one in run.predictions} for run in runs]
    return many, [
        replace(
            run,
            predictions=tuple(replace(own[one.article.id], article_id=name) for one, name in names),
            gold=GoldReference.of(many),
            dataset=many,
            admitted=(),
        )
        for run, own in zip(runs, by_id, strict=True)
    ]


def size_of(gold: GoldDataset, runs: Sequence[Run], path: Path) -> int:
    write_view(view_runs(runs, dataset=gold, overview=False), path)
    return path.stat().st_size


class TestSize:
    def test_ten_thousand_articles_of_one_run_are_20_megabytes(
        self, gold: GoldDataset, runs: list[Run], tmp_path: Path
    ):
        sizes = [size_of(*copied(gold, runs[:1], times), tmp_path / "page.html") for times in (1, 2)]
        # What an article adds, and what the page has before any.
        each = (sizes[1] - sizes[0]) / len(gold)
        assert sizes[0] + each * (10_000 - len(gold)) < 20_000_000

    def test_each_further_run_is_10_megabytes(self, gold: GoldDataset, runs: list[Run], tmp_path: Path):
        many = copied(gold, runs, 1)
        one, two = (size_of(many[0], many[1][:number], tmp_path / "page.html") for number in (1, 2))
        assert (two - one) / len(many[0]) * 10_000 < 10_000_000

    def test_an_empty_report_is_120_kilobytes(self, tmp_path: Path):
        article = Article(id="a", text="Ida Moen left.", title="Moen leaves")
        items = (Entity(id="e1", spans=(Span(0, 8),), label="PER"),)
        gold = gold_dataset(
            [Example(article=article, gold=Annotations(entities=items))],
            name="one",
            split="test",
            inventory=load_dataset(None, split="test").inventory,
        )
        run = Run(
            extractor="mine",
            predictions=(Prediction(article_id="a", annotations=Annotations(entities=items)),),
            gold=GoldReference.of(gold),
            dataset=gold,
        )
        write_view(view_runs(run), tmp_path / "page.html")
        assert (tmp_path / "page.html").stat().st_size < 120_000


@pytest.fixture(scope="module")
def few(gold: GoldDataset, runs: list[Run]) -> tuple[GoldDataset, list[Run]]:
    """The first articles."""
    kept = gold.subset(limit=4)
    reference = GoldReference.of(kept)
    return kept, [
        replace(run, predictions=run.predictions[:4], gold=reference, dataset=kept, admitted=(), result=None)
        for run in runs
    ]


@pytest.fixture(scope="module")
def seen(few: tuple[GoldDataset, list[Run]]) -> Exploration:
    return view_runs(few[1], dataset=few[0], resamples=20)


class TestPage:
    def test_the_same_runs_give_the_same_bytes(
        self, seen: Exploration, few: tuple[GoldDataset, list[Run]], tmp_path: Path
    ):
        write_view(seen, tmp_path / "one.html")
        write_view(view_runs(few[1], dataset=few[0], resamples=20), tmp_path / "two.html")
        assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()

    def test_figures_can_be_read_without_scripts(self, seen: Exploration, tmp_path: Path):
        write_view(seen, tmp_path / "page.html")
        html = re.sub(r"(?s)<script.*?</script>", "", (tmp_path / "page.html").read_text(encoding="utf-8"))
        micro = seen.runs[0].result.tasks["entities"]["exact"].micro
        for told in (
            "Comparison",
            "Run: rules",
            "Diagnosis: other",
            f"{micro.f1:.3f}",
            "boundary",
            "ci:bootstrap20",
        ):
            assert told in html

    def test_articles_may_lie_in_files_beside_it(self, seen: Exploration, tmp_path: Path):
        write_view(seen, tmp_path / "page.html", split_files=True)
        whole = (tmp_path / "page.html").stat().st_size
        assert sorted(path.name for path in tmp_path.iterdir()) == ["page.files", "page.html"]
        assert [path.name for path in (tmp_path / "page.files").iterdir()] == ["chunk-0000.js"]
        # Once more in its place, and as one file.
        write_view(seen, tmp_path / "page.html", split_files=True)
        write_view(seen, tmp_path / "page.html")
        assert (tmp_path / "page.html").stat().st_size > whole + 5_000

    def test_a_page_that_no_browser_should_open_is_refused(
        self, seen: Exploration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "LARGEST_PAGE", 5_000)
        with pytest.raises(InputError, match=r"larger than 0 MB: it holds 4 of 4 articles by then; .*--split-files"):
            write_view(seen, tmp_path / "page.html")
        assert list(tmp_path.iterdir()) == []
        write_view(seen, tmp_path / "page.html", split_files=True)

    def test_a_folder_of_somebody_else_stays(self, seen: Exploration, tmp_path: Path):
        (tmp_path / "page.files").mkdir()
        (tmp_path / "page.files" / "thesis.txt").write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match=r"page.files: holds 'thesis.txt', which is none of a page's files"):
            write_view(seen, tmp_path / "page.html", split_files=True)
        assert (tmp_path / "page.files" / "thesis.txt").read_text(encoding="utf-8") == "mine"
