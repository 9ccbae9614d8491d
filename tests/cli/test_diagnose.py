"""`evalkit explain RUN`: what is wrong with a whole run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, Once, gold_rows, write_lines


@pytest.fixture
def run(evalkit: Evalkit, workspace: Path, once: Once) -> str:
    """People are found and Oslo is taken for one: of 7 entities 4 are right, Oslo twice PER, Bergen missed."""
    rows = gold_rows()
    for row, section in zip(rows, ("port", "work", "port", "port"), strict=True):
        row["metadata"] = {"section": section, "story": "one"}
    write_lines(workspace / "gold.jsonl", rows)

    def prepare() -> None:
        assert evalkit("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r").status == 0

    once(prepare)
    return "r"


def test_json(evalkit: Evalkit, run: str):
    done = evalkit("explain", run, "--json", "--resamples", "20")
    assert (done.status, done.err) == (0, "")
    found = done.json
    assert (found["format"], found["method"]) == ("evalkit.diagnosis", "bootstrap20/article/seed0/expanded")
    kinds = {row["kind"]: row["errors"] for row in found["errors"]["entities"]["kinds"]}
    assert (kinds["label"], kinds["missed"], found["errors"]["entities"]["right"]) == (2, 1, 4)
    # Gold GPE: twice PER, once missed; gold PER: four times right.
    assert found["errors"]["entities"]["confusion"]["counts"] == [[0, 2, 1], [0, 4, 0], [0, 0, 0]]
    sections = {row["value"]: row for row in found["slices"] if row["by"] == "section" and not row["label"]}
    assert (sections["work"]["gold"], sections["work"]["articles"], sections["port"]["articles"]) == (2, 1, 3)
    assert set(found["not_evaluated"]) == {"quotes", "stances"}


def test_prices_name_the_convention_that_they_start_from(evalkit: Evalkit, workspace: Path):
    assert evalkit("run", "--model", "rules", "--limit", "3", "--out", "rules").status == 0
    done = evalkit("explain", "rules", "--resamples", "0")
    for title in ("entities · exact", "quotes · joint", "stances · right"):
        assert f"{title} · what each kind of error costs" in done.out
    assert "chain · complete · what each link costs" in done.out


@pytest.mark.parametrize("columns", [60, 200])
def test_terminal(evalkit: Evalkit, run: str, columns: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    done = evalkit("explain", run)
    assert (done.status, done.err) == (0, "")
    for words in (
        "entities · exact · what each kind of error costs",
        "hardest articles",
        "by section",
        "what this gold can show",
    ):
        assert words in done.out
    assert "! quotes: not evaluated, the extractor does not claim it" in done.out
    # Captions are one line for copying, as signatures are; everything else fits.
    tables = [line for line in done.out.splitlines() if "───" in line]
    assert tables
    assert max(map(len, tables)) <= columns


def test_markdown(evalkit: Evalkit, run: str):
    done = evalkit("explain", run, "--to", "markdown", "--slice", "story", "--slice", "section")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("## mine:people on gold@")
    assert "| missed | 1 |" in done.out
    assert "by section" in done.out
    assert "by zone" not in done.out


def test_the_same_bytes_twice(evalkit: Evalkit, run: str):
    assert evalkit("explain", run, "--json").out == evalkit("explain", run, "--json").out


def test_clusters_and_no_intervals(evalkit: Evalkit, run: str):
    clustered = evalkit("explain", run, "--json", "--cluster", "story", "--resamples", "20", "--seed", "3").json
    assert clustered["method"] == "bootstrap20/cluster:story/seed3/expanded"
    assert clustered["detection"][0]["units"] == 1
    bare = evalkit("explain", run, "--json", "--resamples", "0").json
    assert (bare["method"], bare["detection"]) == ("none", [])
    assert {row["f1_low"] for row in bare["slices"]} == {None}


def test_names_of_the_train_split_are_seen(evalkit: Evalkit, workspace: Path):
    rows = gold_rows()
    for row, split in zip(rows, ("train", "test", "test", "test"), strict=True):
        row["split"] = split
    write_lines(workspace / "split.jsonl", rows)
    assert evalkit("run", "--model", "mine:people", "--dataset", "split.jsonl", "--out", "s").status == 0
    found = evalkit("explain", "s", "--json", "--slice", "seen", "--resamples", "0").json
    seen = {row["value"]: row["gold"] for row in found["slices"] if row["by"] == "seen" and not row["label"]}
    # Ida Moen twice and Oslo are in the training article; Bergen and Åse Ek are not.
    assert seen == {"seen": 3, "unseen": 2}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(("--slice", "sektion"), "unknown slice 'sektion'; did you mean 'section'?", id="slice"),
        pytest.param(("--cluster", "stroy"), "unknown cluster field 'stroy'; did you mean 'story'?", id="cluster"),
        pytest.param(("--json", "--to", "markdown"), "--json and --to exclude each other", id="forms"),
        pytest.param(("a-port", "--slice", "zone"), "--slice goes with a whole run", id="article-and-slice"),
        pytest.param(("--to", "markdwon"), "unknown form 'markdwon'; did you mean 'markdown'?", id="form"),
        pytest.param(("--task", "chains"), "unknown task 'chains'; did you mean 'chain'", id="task"),
        pytest.param(("--resamples", "20", "--seed", "-1"), "seed of a bootstrap must not be negative", id="seed"),
    ],
)
def test_refuses(evalkit: Evalkit, run: str, argv: tuple[str, ...], message: str):
    done = evalkit("explain", run, *argv)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


class TestIntervals:
    RUN = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--resamples", "30", "--json")
    SCORE = ("score", "--gold", "gold.jsonl", "--predicted", "r", "--resamples", "30", "--json")

    @pytest.mark.parametrize("command", [pytest.param(RUN, id="run"), pytest.param(SCORE, id="score")])
    @pytest.mark.parametrize(
        ("argv", "signed"),
        [
            pytest.param((), "ci:bootstrap30/article/seed0/expanded|", id="usual"),
            pytest.param(("--cluster", "section"), "ci:bootstrap30/cluster:section/seed0/expanded|", id="cluster"),
            pytest.param(("--interval", "bca"), "ci:bootstrap30/article/seed0/bca|", id="bca"),
            pytest.param(("--level", "0.9"), "ci:bootstrap30/article/seed0/expanded/level0.9|", id="level"),
        ],
    )
    def test_signature(self, evalkit: Evalkit, run: str, command: tuple[str, ...], argv: tuple[str, ...], signed: str):
        done = evalkit(*command, *argv)
        assert (done.status, done.err) == (0, "")
        assert signed in done.json["tasks"]["entities"]["exact"]["signature"]

    def test_one_cluster_has_no_spread(self, evalkit: Evalkit, run: str):
        own = evalkit(*self.SCORE, "--cluster", "story").json["tasks"]["entities"]["exact"]["micro"]
        # 4 right of 7 gold and 6 predicted.
        assert (own["f1"], own["ci"]) == (pytest.approx(8 / 13), {})
        low, high = evalkit(*self.SCORE).json["tasks"]["entities"]["exact"]["micro"]["ci"]["f1"]
        assert low < 8 / 13 < high

    def test_a_lower_level_is_narrower_and_named(self, evalkit: Evalkit, run: str):
        usual, half = (
            evalkit(*self.SCORE, "--level", level).json["tasks"]["entities"]["exact"]["micro"]["ci"]["f1"]
            for level in ("0.95", "0.5")
        )
        # Above, draws of the two articles with F1 2/3 bound both.
        assert usual[0] < half[0] < half[1] <= usual[1]
        shown = evalkit(*self.SCORE[:-1], "--level", "0.5").out
        assert "50 % CI" in shown
        assert "95 % CI" not in shown

    def test_from_python(self, evalkit: Evalkit, run: str):
        from evalkit import score_predictions

        result = score_predictions("gold.jsonl", "r", resamples=30, interval="bca", level=0.9, cluster="section")
        signature = result.tasks["entities"]["exact"].signature
        assert "ci:bootstrap30/cluster:section/seed0/bca/level0.9|" in signature

    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            pytest.param(("--cluster", "stroy"), "unknown cluster field 'stroy'; did you mean 'story'?", id="unknown"),
            pytest.param(("--cluster", "story", "--resamples", "0"), "--cluster is about intervals", id="no-intervals"),
            pytest.param(("--interval", "bcaa"), "'bcaa' is not one of 'expanded', 'percentile', 'bca'", id="interval"),
            pytest.param(("--level", "1"), "1.0 is not in the range 0<x<1", id="level"),
        ],
    )
    def test_refuses(self, evalkit: Evalkit, run: str, argv: tuple[str, ...], message: str):
        done = evalkit(*self.SCORE, *argv)
        assert (done.status, done.out) == (2, "")
        assert message in done.err


class TestSeeds:
    @pytest.fixture
    def repeated(self, evalkit: Evalkit, run: str, workspace: Path) -> tuple[str, ...]:
        """Three runs of one name: the second misses everything of one article, the third is the first again."""
        lines = (workspace / "r" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        for name, dropped in (("second", "b-strike"), ("third", "")):
            assert evalkit("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", name).status == 0
            rows = [json.loads(line) for line in lines]
            for row in rows:
                del row["check"]
                if row["id"] == dropped:
                    row["entities"] = []
            write_lines(workspace / name / "predictions.jsonl", rows)
            facts = evalkit("score", "--gold", "gold.jsonl", "--predicted", name, "--out", name)
            assert facts.status == 0, facts.err
        return (run, "second", "third")

    def test_json(self, evalkit: Evalkit, repeated: tuple[str, ...]):
        done = evalkit("compare", "--seeds", *repeated, "--json", "--resamples", "20")
        assert (done.status, done.err) == (0, "")
        found = done.json
        micro = next(row for row in found["rows"] if (row["convention"], row["scope"]) == ("exact", "micro"))
        # F1 is 8/13 twice, and 2 · 3 / (7 + 5) = 1/2 without Ida Moen in the second article.
        assert (micro["runs"], micro["score"]) == (3, "f1")
        assert (micro["low"], micro["high"]) == pytest.approx((1 / 2, 8 / 13))
        assert micro["mean"] == pytest.approx((16 / 13 + 1 / 2) / 3)
        # Three values of which two are equal: sd = difference / √3.
        assert micro["sd"] == pytest.approx((8 / 13 - 1 / 2) / 3**0.5)
        # t(0.975, 2) = 4.302653 from the tables.
        assert micro["ci"][1] - micro["mean"] == pytest.approx(4.302653 * micro["sd"] / 3**0.5, rel=1e-6)
        same, together = found["notes"][0], found["notes"][-1]
        assert same == "2 of 3 runs predict exactly the same; was the seed changed, or the cache used?"
        assert together.startswith("4 of 4 articles share a story")

    def test_table(self, evalkit: Evalkit, repeated: tuple[str, ...]):
        done = evalkit("compare", "--seeds", *repeated)
        assert (done.status, done.err) == (0, "")
        assert "entities · 3 runs of one system" in done.out
        assert ".577" in done.out
        assert "! 2 of 3 runs predict exactly the same" in done.out

    def test_frame(self, evalkit: Evalkit, repeated: tuple[str, ...]):
        from evalkit.workflows.comparing.compare import compare_repeated_runs

        frame = compare_repeated_runs([Path(name) for name in repeated], resamples=20).to_pandas()
        micro = frame[(frame["convention"] == "exact") & (frame["scope"] == "micro")].iloc[0]
        assert micro["ci_low"] < micro["mean"] < micro["ci_high"]

    def test_one_run_is_refused(self, evalkit: Evalkit, run: str):
        done = evalkit("compare", "--seeds", run)
        assert (done.status, done.out) == (2, "")
        assert "needs at least 2 runs" in done.err
