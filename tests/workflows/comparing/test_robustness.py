"""What breaks an extractor: scores on perturbed articles beside the others, paired by article."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.cli.main import cli
from evalkit.errors import InputError, UnknownNameError
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.comparing.robustness import measure_robustness


def capitals(article: Article) -> list[tuple[int, int, str]]:
    """The first word, if it begins with a capital letter."""
    word = article.text.split(" ", 1)[0]
    return [(0, len(word), "PER")] if word[0].isupper() else []


def gold(number: int) -> list[Example]:
    return [
        Example(
            article=Article(id=f"a{n}", text=f"Moen{n} left on Friday.", metadata={"story": f"s{n // 2}"}),
            gold=Annotations(entities=[Entity(id="e1", spans=(Span(0, 4 + len(str(n))),), label="PER")]),
        )
        for n in range(number)
    ]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


def test_what_breaks_it_and_what_does_not() -> None:
    measured = measure_robustness(capitals, gold(8), kinds=["case", "dates"], resamples=50)
    (case, dates) = measured.main_rows()
    assert (case.kind, case.original, case.perturbed, case.difference) == ("case", 1.0, 0.0, -1.0)
    # Every article breaks alike: nothing varies, so there is no interval.
    assert case.ci is None
    assert (dates.perturbed, dates.difference) == (1.0, 0.0)
    assert measured.figures()["entities.case.difference"] == -1.0
    assert [kind.changed for kind in measured.kinds] == [8, 8]


def test_an_interval_where_some_articles_break() -> None:
    def some(article: Article) -> list[tuple[int, int, str]]:
        found = capitals(article)
        return found or ([(0, 5, "PER")] if article.text[4] in "012345" else [])

    measured = measure_robustness(some, gold(8), kinds="case", resamples=200)
    (row,) = measured.main_rows()
    # 6 of 8 found, none wrong: 2 * 6 / (8 + 6).
    assert row.perturbed == pytest.approx(12 / 14)
    assert row.ci is not None
    assert row.ci[0] < row.difference < row.ci[1]
    by_story = measure_robustness(some, gold(8), kinds="case", resamples=200, cluster="story")
    assert "cluster:story" in by_story.method
    assert by_story.main_rows()[0].ci != row.ci


def test_what_cannot_be_measured() -> None:
    with pytest.raises(UnknownNameError, match="unknown kind 'cases'"):
        measure_robustness(capitals, gold(2), kinds="cases")
    with pytest.raises(InputError, match="out is the folder of one run"):
        measure_robustness(capitals, gold(2), out="runs")


class TestCommand:
    @pytest.fixture
    def source(self, tmp_path: Path) -> str:
        rows = [
            {"id": one.article.id, "text": one.article.text, "entities": [{"start": 0, "end": 5, "label": "PER"}]}
            for one in gold(4)
        ]
        path = tmp_path / "gold.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "--out FOLDER, or which extractor to --measure"),
            (["--out", "x", "--task", "entities"], "--task goes with --measure MODEL"),
            (["--measure", "rules", "--with-originals"], "--with-originals writes a dataset"),
        ],
    )
    def test_options_that_do_not_go_together(self, source: str, options: list[str], message: str) -> None:
        done = CliRunner().invoke(cli, ["dataset", "perturb", source, *options])
        assert done.exit_code == 2
        assert message in done.output

    def test_written_articles_can_be_scored(self, source: str, tmp_path: Path) -> None:
        out = tmp_path / "new"
        done = CliRunner().invoke(cli, ["dataset", "perturb", source, "--kind", "case", "--out", str(out)])
        assert done.exit_code == 0, done.output
        run = ["run", "--model", "trivial", "--dataset", str(out), "--out", str(tmp_path / "run"), "--resamples", "0"]
        assert CliRunner().invoke(cli, run).exit_code == 0
