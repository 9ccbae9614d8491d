"""`evalkit run`: what it prints and writes, and that nothing but the input changes a byte of it."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from evalkit.predictions.store import read_result
from tests.cli.conftest import TEXTS, Evalkit, files_in, gold_rows, write_lines

PEOPLE = ("run", "--model", "mine:people", "--dataset", "gold.jsonl")
RUN_FILES = {"predictions.jsonl", "result.json", "counts.npz", "run.json", "speed.json"}


def without_speed(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in files_in(folder).items() if name != "speed.json"}


def test_tables_say_what_was_scored_and_where_it_is(evalkit: Evalkit, workspace: Path):
    done = evalkit(*PEOPLE)
    assert (done.status, done.err) == (0, "")
    # mine:people finds the 4 people, and calls Oslo, a GPE, a person twice: P = 4/6, R = 4/7, F1 = 8/13.
    micro = next(line for line in done.out.splitlines() if line.split()[:1] == ["micro"])
    assert micro.split()[1:4] == ["0.667", "0.571", "0.615"]
    assert "mine:people on gold, split all: 4 articles" in done.out
    assert re.search(
        r"entities\|exact\|micro\|labels:own\|gold:gold@\w{7}\|split:all\|ci:bootstrap1000/article/seed0", done.out
    )
    assert re.search(r"4 articles extracted in [\d.]+ s, [\d.]+ articles/s", done.out)
    (folder,) = (workspace / "runs").iterdir()
    assert f"written to runs/{folder.name}" in done.out
    assert {path.name for path in folder.iterdir()} == RUN_FILES


def test_layers_that_are_not_claimed_are_named_and_not_zero(evalkit: Evalkit):
    done = evalkit(*PEOPLE)
    assert "quotes: not evaluated, the extractor does not claim it" in done.out
    assert "quotes · exact" not in done.out
    result = evalkit(*PEOPLE, "--json").json
    assert set(result["tasks"]) == {"entities"}
    assert set(result["not_evaluated"]) >= {"quotes", "stances"}


def test_layers_that_the_gold_lacks_are_named(evalkit: Evalkit, workspace: Path):
    write_lines(
        workspace / "gold.jsonl", [{key: row[key] for key in ("id", "text", "entities")} for row in gold_rows()]
    )
    result = evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl", "--json").json
    assert result["not_evaluated"]["quotes"] == "the gold does not annotate it"


def test_the_floor_stands_beside_each_figure(evalkit: Evalkit):
    done = evalkit(*PEOPLE)
    assert "floor F1" in done.out
    result = evalkit(*PEOPLE, "--json").json
    trivial = evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl", "--json").json
    assert result["floor"]["entities"]["exact"]["micro"]["f1"] == trivial["tasks"]["entities"]["exact"]["micro"]["f1"]
    assert trivial["floor"] == {}
    assert "floor F1" not in evalkit(*PEOPLE, "--no-floor").out


def test_json_is_all_that_standard_output_holds(evalkit: Evalkit):
    done = evalkit(*PEOPLE, "--json")
    assert done.err == ""
    exact = done.json["tasks"]["entities"]["exact"]
    assert set(exact["micro"]) >= {"precision", "recall", "f1", "ci"}
    # Three of four people by name, one of them twice; Oslo and Bergen are the GPE that it misses.
    assert {name: exact["labels"]["GPE"][name] for name in ("gold", "predicted", "gold_credit", "f1")} == {
        "gold": 3,
        "predicted": 0,
        "gold_credit": 0.0,
        "f1": 0.0,
    }
    assert set(exact["micro"]["ci"]) == {"precision", "recall", "f1"}


def test_stored_result_is_the_printed_one_with_its_counts(evalkit: Evalkit, workspace: Path):
    printed = evalkit(*PEOPLE, "--out", "r", "--json").json
    stored = json.loads((workspace / "r" / "result.json").read_bytes())
    assert stored.pop("counts")["sha256"] == hashlib.sha256((workspace / "r" / "counts.npz").read_bytes()).hexdigest()
    assert stored == printed
    tables = [one.table for own in read_result(workspace / "r").tasks.values() for one in own.values()]
    assert all(table is not None and table["articles"] == sorted(TEXTS) for table in tables)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--batch-size", "1"), id="one-by-one"),
        pytest.param(("--batch-size", "3"), id="uneven-batches"),
        pytest.param(("--batch-size", "1", "--workers", "3"), id="workers"),
    ],
)
@pytest.mark.parametrize("model", ["mine:people", "mine:Threads", "mine:breaks"])
def test_batches_and_workers_change_no_byte(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch, model: str, options: tuple[str, ...]
):
    asked = ("run", "--model", model, "--dataset", "gold.jsonl")
    first = evalkit(*asked, "--out", "first", "--json")
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "other-cache"))
    second = evalkit(*asked, "--out", "second", "--json", *options)
    assert first.out == second.out
    assert without_speed(workspace / "first") == without_speed(workspace / "second")


def test_order_of_the_gold_changes_no_byte(evalkit: Evalkit, workspace: Path):
    first = evalkit(*PEOPLE, "--out", "first", "--json")
    rows = gold_rows()[::-1]
    for row in rows:
        row["entities"].reverse()
    write_lines(workspace / "gold.jsonl", rows)
    second = evalkit(*PEOPLE, "--out", "second", "--json", "--no-cache")
    assert first.out == second.out
    assert without_speed(workspace / "first") == without_speed(workspace / "second")


def test_again_scores_without_extracting_and_says_so(evalkit: Evalkit, workspace: Path):
    (workspace / "stop").touch()
    (workspace / "stop").unlink()
    asked = ("run", "--model", "mine:stops", "--dataset", "gold.jsonl", "--out", "r")
    assert evalkit(*asked).status == 0
    before = files_in(workspace / "r")
    (workspace / "stop").touch()
    # It would be interrupted now if it were asked for an article.
    again = evalkit(*asked)
    assert again.status == 0
    assert "4 predictions reused (--no-cache extracts again)" in again.out
    assert files_in(workspace / "r") == before
    assert evalkit(*asked, "--no-cache").status == 130


def test_another_folder_takes_predictions_from_the_cache(evalkit: Evalkit):
    evalkit(*PEOPLE, "--out", "first")
    assert "4 predictions reused" in evalkit(*PEOPLE, "--out", "second").out


def test_a_changed_text_is_extracted_again(evalkit: Evalkit, workspace: Path):
    evalkit(*PEOPLE)
    rows = gold_rows()
    rows[3]["text"] = "Nobody came, and nobody left."
    write_lines(workspace / "gold.jsonl", rows)
    done = evalkit(*PEOPLE)
    assert "1 article extracted" in done.out
    assert "3 predictions reused" in done.out


class TestInterrupted:
    """Killed at any moment, a run continues to the same bytes."""

    ASKED = ("run", "--model", "mine:stops", "--dataset", "gold.jsonl", "--batch-size", "1", "--out")

    @pytest.fixture
    def whole(self, evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
        """The files of a run that nothing interrupted; its cache is not used again."""
        assert evalkit(*self.ASKED, "whole").status == 0
        monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "later-cache"))
        return without_speed(workspace / "whole")

    def test_by_the_keyboard(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        (workspace / "stop").touch()
        stopped = evalkit(*self.ASKED, "r")
        assert (stopped.status, stopped.out) == (130, "")
        command = f"evalkit {' '.join(self.ASKED)} r"
        assert stopped.err.strip() == f"error: stopped: 2 of 4 articles are kept, 2 left; to go on:\n{command}"
        kept = (workspace / "r" / "predictions.jsonl").read_bytes()
        assert kept == b"".join(whole["predictions.jsonl"].splitlines(keepends=True)[:2])
        assert not (workspace / "r" / "result.json").exists()
        (workspace / "stop").unlink()
        assert "2 articles extracted" in evalkit(*self.ASKED, "r").out
        assert without_speed(workspace / "r") == whole

    def test_begun_anew_it_goes_on_anew(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        """Without a word the finished run that was there before would be taken."""
        assert whole
        (workspace / "stop").touch()
        stopped = evalkit(*self.ASKED, "whole", "--restart")
        assert f"evalkit {' '.join(self.ASKED)} whole --no-cache" in stopped.err
        (workspace / "stop").unlink()
        assert "2 articles extracted" in evalkit(*self.ASKED, "whole", "--no-cache").out

    def test_of_what_cannot_be_told_from_another_nothing_is_kept(self, evalkit: Evalkit, workspace: Path):
        code = "read = memoryview(b'x')\n\n\ndef find(article):\n    if read and article.id == 'c-ship':\n"
        (workspace / "odd.py").write_text(f"{code}        raise KeyboardInterrupt\n    return []\n")
        asked = ("run", "--model", "odd:find", "--dataset", "gold.jsonl", "--batch-size", "1", "--out", "r")
        stopped = " ".join(evalkit(*asked).err.split())
        assert "the same command begins anew: " in stopped
        assert "to go on" not in stopped

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
    def test_with_a_line_cut_off(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes], share: float):
        lines = whole["predictions.jsonl"]
        folder = workspace / "whole"
        (folder / "predictions.jsonl").write_bytes(lines[: int(len(lines) * share)])
        (folder / "result.json").unlink()
        assert evalkit(*self.ASKED, "whole").status == 0
        assert without_speed(folder) == whole

    def test_what_is_to_be_pasted_does_not_begin_anew(self, evalkit: Evalkit, workspace: Path):
        (workspace / "stop").touch()
        stopped = evalkit(*self.ASKED, "r", "--restart", "--json")
        # Nothing is taken from the cache: it would be the finished run that was to be made again.
        assert stopped.err.splitlines()[-1] == f"evalkit {' '.join(self.ASKED)} r --no-cache --json"

    def test_while_it_is_scored(self, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
        def stops(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("evalkit.workflows.running.measure.score_run", stops)
        stopped = evalkit(*self.ASKED, "r")
        assert stopped.status == 130
        assert "all 4 articles are kept, and nothing is scored; to score them:\nevalkit run" in stopped.err

    def test_before_the_first_article(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        folder = workspace / "r"
        folder.mkdir()
        (folder / ".run.json.4711.tmp").write_bytes(b'{"format"')
        assert evalkit(*self.ASKED, "r").status == 0
        assert without_speed(folder) == whole

    def test_with_a_line_that_is_damaged(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        lines = whole["predictions.jsonl"].splitlines(keepends=True)
        damaged = lines[0] + b"\0\0\0\n" + lines[2] + lines[3]
        (workspace / "whole" / "predictions.jsonl").write_bytes(damaged)
        done = evalkit(*self.ASKED, "whole")
        note = "1 line of predictions.jsonl was damaged, or not of this run: made again"
        assert note in " ".join(done.out.split())
        assert "1 article extracted" in done.out
        assert evalkit(*self.ASKED, "whole").status == 0
        files = without_speed(workspace / "whole")
        assert files.pop("predictions.damaged.jsonl") == damaged
        assert files == whole

    def test_with_the_lines_of_other_articles(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        lines = whole["predictions.jsonl"].splitlines(keepends=True)
        (workspace / "whole" / "predictions.jsonl").write_bytes(lines[1] + lines[0])
        assert evalkit(*self.ASKED, "whole").status == 0
        assert without_speed(workspace / "whole") == whole

    def test_no_cache_begins_anew(self, evalkit: Evalkit, workspace: Path, whole: dict[str, bytes]):
        assert "4 articles extracted" in evalkit(*self.ASKED, "whole", "--no-cache").out
        assert without_speed(workspace / "whole") == whole


FAILING = [
    pytest.param("mine:breaks", r"ValueError: no idea \(mine\.py:\d+\)", id="raises"),
    pytest.param(
        "mine:outside", r"entities\[0\] \(e1\): span \[0, 900\] is outside the text of 35 code points", id="outside"
    ),
]


@pytest.mark.parametrize(("model", "error"), FAILING)
def test_a_failed_article_is_named_and_missed(evalkit: Evalkit, workspace: Path, model: str, error: str):
    done = evalkit("run", "--model", model, "--dataset", "gold.jsonl", "--out", "r")
    assert (done.status, done.err) == (0, "")
    assert re.search(rf"failed, counted as missed: b-strike: .*{error}", " ".join(done.out.split()))
    result = json.loads((workspace / "r" / "result.json").read_bytes())
    assert re.search(error, result["failed"]["b-strike"])
    # Three of the four people are left, of seven entities; nothing that it predicted for b-strike counts.
    micro = result["tasks"]["entities"]["exact"]["micro"]
    assert (micro["gold"], micro["predicted"], micro["gold_credit"]) == (7, 5, 3.0)


def test_utf16_offsets_inside_the_text_are_only_wrong(evalkit: Evalkit):
    """A function gives no texts beside its spans: offsets that are in range can only be scored as what they are."""
    result = evalkit("run", "--model", "mine:utf16", "--dataset", "gold.jsonl", "--json").json
    assert result["failed"].keys() == set()
    assert result["tasks"]["entities"]["exact"]["micro"]["gold_credit"] == 2.0


def test_every_article_failed(evalkit: Evalkit):
    result = evalkit("run", "--model", "mine:nothing_usable", "--dataset", "gold.jsonl", "--json").json
    assert sorted(result["failed"]) == sorted(TEXTS)
    assert result["tasks"]["entities"]["exact"]["micro"]["f1"] == 0.0


@pytest.mark.parametrize("width", [60, 84, 200])
def test_no_line_is_wider_than_the_terminal(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch, width: int):
    monkeypatch.setenv("COLUMNS", str(width))
    out = evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl").out
    # A signature is one word to copy, so it is never broken.
    wide = [line for line in out.splitlines() if len(line.rstrip()) > width and "|gold:" not in line]
    assert wide == []


def test_options_reach_the_scorer(evalkit: Evalkit):
    done = evalkit(
        *PEOPLE, "--task", "entities", "--convention", "partial", "--label-map", "conll4", "--resamples", "0", "--json"
    )
    (partial,) = done.json["tasks"]["entities"].values()
    assert "|partial|micro|labels:conll4|" in partial["signature"]
    assert partial["signature"].endswith("|ci:none|evalkit:" + done.json["run"]["evalkit"])
    # Partial credits a pair of equal spans whatever its labels: 6 of 6 predicted, 6 of 7 gold.
    assert (partial["micro"]["precision"], partial["micro"]["recall"]) == (1.0, 6 / 7)
    assert "3 gold entities mapped: GPE→LOC 3" in done.json["notes"]


def test_limit_takes_the_first_by_id(evalkit: Evalkit):
    result = evalkit(*PEOPLE, "--limit", "2", "--json").json
    assert result["articles"] == 2
    assert result["tasks"]["entities"]["exact"]["micro"]["gold"] == 4


def test_progress_is_for_terminals_only(evalkit: Evalkit):
    done = evalkit(*PEOPLE)
    assert done.err == ""
    assert "\x1b" not in done.out


class TestCommand:
    """A run keeps the command that made it, without what changes no byte of it and without secrets."""

    KEYED = "def keyed(article, api_key='', size=1):\n    return []\n"

    def stored(self, workspace: Path) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((workspace / "r" / "run.json").read_bytes())
        return facts

    def test_it_can_be_typed_again(self, evalkit: Evalkit, workspace: Path):
        evalkit(
            *PEOPLE, "--workers=2", "--out", "r", "--convention", "all", "--no-cache", "--batch-size", "1", "--json"
        )
        command = self.stored(workspace)["command"]
        assert command == "evalkit run --model mine:people --dataset gold.jsonl --convention all"
        again = evalkit(*command.split()[1:], "--out", "again")
        assert again.status == 0
        assert without_speed(workspace / "again") == without_speed(workspace / "r")

    def test_settings_are_kept_and_secrets_are_not(
        self, evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delitem(sys.modules, "keyed", raising=False)
        (workspace / "keyed.py").write_text(self.KEYED)
        settings = ("--set", "api_key=sk-very-secret", "--set", "size=3")
        done = evalkit("run", "--model", "keyed:keyed", "--dataset", "gold.jsonl", "--out", "r", *settings)
        assert (done.status, done.err) == (0, "")
        facts = self.stored(workspace)
        assert (facts["spelling"], facts["settings"]) == ("keyed:keyed", {"api_key": "[api_key]", "size": "3"})
        assert facts["command"].endswith("--set 'api_key=[api_key]' --set size=3")
        assert not any(b"very-secret" in content for content in files_in(workspace / "r").values())

    def test_the_hash_is_that_of_the_predictions(self, evalkit: Evalkit, workspace: Path):
        evalkit(*PEOPLE, "--out", "r")
        digest = hashlib.sha256((workspace / "r" / "predictions.jsonl").read_bytes()).hexdigest()
        result = json.loads((workspace / "r" / "result.json").read_bytes())
        assert self.stored(workspace)["sha256"] == result["run"]["sha256"] == digest


# What ends a run without a result to go by.

GOLD = ("--dataset", "gold.jsonl", "--no-floor", "--resamples", "0")


def extractors(workspace: Path, code: str) -> None:
    (workspace / "mine.py").write_text(f"import re\n\n{code}", encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("raise OSError('no weights')", "OSError: no weights", id="raises"),
        pytest.param("return {'ents': []}", "'ents', .*did you mean 'entities'", id="misspelt layer"),
        pytest.param("return None", "is a return missing", id="nothing"),
        pytest.param("return [(0, 900, 'PER')]", "900", id="behind the text"),
        pytest.param("raise ValueError('\\x1b]0;title\\x07\\x1b[31m red')", "ValueError: �]0;title", id="hostile"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",), ("--to", "markdown")])
def test_a_run_of_which_every_article_failed_ends_with_1(
    evalkit: Evalkit, workspace: Path, code: str, said: str, form: tuple[str, ...]
):
    extractors(workspace, f"def find(article):\n    {code}\n")
    done = evalkit("run", "--model", "mine:find", *GOLD, *form)
    assert done.status == 1
    assert re.search(f"^error: every article failed: a-port: .*{said}.*and 3 more articles", done.err, re.MULTILINE)
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize(("most", "status"), [pytest.param(None, 0, id="default"), ("0", 1), ("1", 0), ("3", 0)])
def test_more_failed_articles_than_allowed_end_with_1(evalkit: Evalkit, most: str | None, status: int):
    done = evalkit("run", "--model", "mine:breaks", *GOLD, *(() if most is None else ("--max-failures", most)))
    assert done.status == status
    assert "failed, counted as missed: b-strike: ValueError: no idea" in done.out
    said = "error: 1 of 4 articles failed, more than the 0 of --max-failures: b-strike: ValueError: no idea"
    assert (said in done.err) == bool(status)


def test_how_many_may_fail_changes_no_byte_of_a_run(evalkit: Evalkit, workspace: Path):
    for number, most in enumerate(("0", "4")):
        evalkit("run", "--model", "mine:breaks", *GOLD, "--out", str(number), "--max-failures", most)
    assert without_speed(workspace / "0") == without_speed(workspace / "1")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--model", "mine:people", "--task", "quotes"), id="a task that it does not claim"),
        pytest.param(("--model", "mine:people", "--task", "categories"), id="a task that nobody has"),
    ],
)
def test_what_could_never_be_evaluated_is_refused_before_anything_runs(
    evalkit: Evalkit, workspace: Path, arguments: tuple[str, ...]
):
    done = evalkit("run", *arguments, *GOLD)
    assert (done.status, done.out) == (2, "")
    assert re.search(
        "^error: nothing would be evaluated: mine:people claims entities, and .*(claim|annotate) it", done.err
    )
    assert not (workspace / "runs").exists()


def test_predictions_of_which_nothing_can_be_evaluated_end_with_1(evalkit: Evalkit, workspace: Path):
    write_lines(workspace / "predicted.jsonl", [{"id": "a-port", "stances": []}])
    write_lines(workspace / "gold.jsonl", [{"id": "a-port", "text": "Ida", "quotes": []}])
    done = evalkit("score", "--gold", "gold.jsonl", "--predicted", "predicted.jsonl")
    assert done.status == 1
    assert "error: nothing was evaluated (" in done.err


def test_gold_whose_texts_are_html_is_noted(evalkit: Evalkit, workspace: Path):
    write_lines(workspace / "gold.jsonl", [{"id": "a", "text": "<p>Ida Moen</p>", "entities": []}])
    done = evalkit("run", "--model", "mine:people", *GOLD, "--json")
    assert any("1 article holds HTML" in note for note in done.json["notes"])


HOSTILE = """
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if "id" in row:
        print(json.dumps({"id": row["id"], "error": "\\x1b]0;title\\x07 \\u202e no"}), flush=True)
"""


@pytest.mark.parametrize("form", [(), ("--to", "markdown"), ("--to", "html"), ("--to", "tsv")])
def test_errors_of_programs_do_not_steer_the_terminal(evalkit: Evalkit, workspace: Path, form: tuple[str, ...]):
    (workspace / "hostile.py").write_text(HOSTILE, encoding="utf-8")
    done = evalkit("run", "--model", f"cmd:{sys.executable} hostile.py", *GOLD, *form, "--out", "r")
    assert done.status == 1
    assert "every article failed: a-port: " in done.err
    explained = evalkit("explain", "r", "a-port")
    assert not re.search("[\x1b\x07\u202e]", done.out + done.err + explained.out + explained.err)


def test_a_program_that_never_saw_the_header_ends_the_run_with_2(evalkit: Evalkit, workspace: Path):
    (workspace / "reads.py").write_text("import json, sys\nfor line in sys.stdin: json.loads(line)['text']\n")
    done = evalkit("run", "--model", f"cmd:{sys.executable} reads.py", *GOLD)
    assert (done.status, done.out) == (2, "")
    assert re.search("KeyError: 'text'.*the first line that it reads is a header", done.err)


class TestSomeArticles:
    """Only the articles that are named, by id or by place, and all that comes after knows which those were."""

    RUN = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--task", "entities", "--no-floor", "--out", "r")

    @pytest.mark.parametrize(
        ("words", "articles"),
        [
            pytest.param(["--articles", "c-ship,a-port"], ["a-port", "c-ship"], id="ids in any order"),
            pytest.param(["--articles", "2-3"], ["b-strike", "c-ship"], id="places"),
            pytest.param(["--articles", "4", "--articles", "a-port"], ["a-port", "d-empty"], id="a place and an id"),
            pytest.param(["--articles", "2-4", "--limit", "1"], ["b-strike"], id="the first of them"),
        ],
    )
    def test_by_id_and_by_place(self, words: list[str], articles: list[str], evalkit: Evalkit, workspace: Path):
        assert evalkit(*self.RUN, *words).status == 0
        lines = (workspace / "r" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["id"] for line in lines] == articles
        # Its gold is found again, though it is none of the first articles.
        assert evalkit("explain", "r", articles[-1]).status == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            pytest.param("c-shop", "unknown article 'c-shop'; did you mean 'c-ship'?", id="no such id"),
            pytest.param("5-6", "articles '5-6': there are 4 articles; write FIRST-LAST, counted from 1", id="beyond"),
            pytest.param("1–3", "articles '1–3': neither an id nor places; write FIRST-LAST", id="another dash"),
            pytest.param("2-", "articles '2-': neither an id nor places; write FIRST-LAST", id="no end"),
            pytest.param("3-9", "articles '3-9': there are 4 articles", id="more than there are"),
            pytest.param("3-2", "articles '3-2': there are 4 articles", id="the wrong way round"),
            pytest.param(",", "articles: none is named", id="nothing"),
        ],
    )
    def test_what_there_is_not(self, words: str, said: str, evalkit: Evalkit, workspace: Path):
        done = evalkit(*self.RUN, "--articles", words)
        assert (done.status, done.out) == (2, "")
        assert said in done.err
        assert not (workspace / "r").exists()

    def test_a_score_is_over_them_alone(self, evalkit: Evalkit):
        assert evalkit(*self.RUN).status == 0
        score = ("score", "--gold", "gold.jsonl", "--predicted", "r", "--task", "entities", "--json", "--split", "all")
        done = evalkit(*score, "--articles", "b-strike")
        assert done.json["articles"] == 1
        # Ida Moen is found, Bergen is not.
        assert done.json["tasks"]["entities"]["exact"]["micro"]["gold"] == 2
        assert done.json["tasks"]["entities"]["exact"]["micro"]["recall"] == 0.5
