"""Run folders: written whole, continued after a crash, read with a message when damaged."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.formats.native.rows import prediction_line
from evalkit.predictions.store import RunFolder, read_result, read_run
from evalkit.records import Annotations, Entity, Prediction, Span
from evalkit.results import EvalResult

FACTS = {"extractor": "x", "layers": ["entities"]}
MADE = [
    Prediction(
        article_id=f"å{n}",
        annotations=Annotations(entities=(Entity(id="e1", spans=(Span(0, n + 1),), label="PER"),)),
    )
    for n in range(3)
]


def filled(path: Path) -> RunFolder:
    folder = RunFolder(path)
    folder.open("key", FACTS)
    with folder.appending() as append:
        append(MADE)
    return folder


NAMES = [
    pytest.param("ner-base", "runs/ner-base-01234567", id="shipped"),
    pytest.param("my_module:find", "runs/my_module-find-01234567", id="module"),
    pytest.param("cmd:../../bin/x --y", "runs/cmd-..-..-bin-x---y-01234567", id="path"),
    pytest.param("..", "runs/extractor-01234567", id="dots"),
    pytest.param("x" * 500, f"runs/{'x' * 60}-01234567", id="long"),
]


class TestFolder:
    def test_what_was_appended_is_kept(self, tmp_path: Path):
        filled(tmp_path / "r")
        assert RunFolder(tmp_path / "r").open("key", FACTS) == MADE

    def test_fresh_begins_anew(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        folder.write_result(empty_result(folder))
        assert folder.open("key", FACTS, fresh=True) == []
        assert {path.name for path in (tmp_path / "r").iterdir()} == {"run.json"}

    def test_another_key_is_refused(self, tmp_path: Path):
        filled(tmp_path / "r")
        with pytest.raises(OutputError, match="holds another run"):
            RunFolder(tmp_path / "r").open("other", FACTS)
        with pytest.raises(OutputError, match="holds another run"):
            RunFolder(tmp_path / "r").open("other", FACTS, fresh=True)
        assert read_run(tmp_path / "r")[1] == MADE

    def test_a_run_whose_facts_are_gone_says_what_to_do(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / "run.json").unlink()
        with pytest.raises(OutputError, match=r"holds a run without a run\.json that says which; delete it, or choose"):
            RunFolder(tmp_path / "r").open("key", FACTS)

    def test_things_of_others_are_left_alone(self, tmp_path: Path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(OutputError, match="is there already and is no run"):
            RunFolder(tmp_path).open("key", FACTS, fresh=True)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    @given(cut=st.integers(min_value=0, max_value=sum(len(prediction_line(p)) for p in MADE)))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    def test_cut_anywhere_it_continues_to_the_same_bytes(self, tmp_path_factory: pytest.TempPathFactory, cut: int):
        path = tmp_path_factory.mktemp("cut") / "r"
        filled(path)
        whole = (path / "predictions.jsonl").read_bytes()
        (path / "predictions.jsonl").write_bytes(whole[:cut])
        folder = RunFolder(path)
        kept = folder.open("key", FACTS)
        assert kept == MADE[: len(kept)]
        with folder.appending() as append:
            append(MADE[len(kept) :])
        assert (path / "predictions.jsonl").read_bytes() == whole

    @pytest.mark.parametrize(("name", "path"), NAMES)
    def test_default_place_stays_below_runs(self, name: str, path: str):
        folder = RunFolder.default(name, "0123456789abcdef")
        assert folder.path.as_posix() == path
        assert folder.path.parent.name == "runs"


def empty_result(folder: RunFolder) -> EvalResult:
    """A result without figures, of the predictions that lie there."""
    return EvalResult(extractor="x", gold="g@1", split="test", articles=0, tasks={}, run={"sha256": folder.sha256()})


class TestReading:
    def test_facts_and_predictions(self, tmp_path: Path):
        filled(tmp_path / "r")
        facts, predictions, sha256 = read_run(tmp_path / "r")
        assert facts == {"format": "evalkit.run", "version": 1, "key": "key", **FACTS}
        assert predictions == MADE
        assert sha256 == hashlib.sha256((tmp_path / "r" / "predictions.jsonl").read_bytes()).hexdigest()

    def test_no_run(self, tmp_path: Path):
        with pytest.raises(InputError, match=r"is no run folder \(No such file or directory\)"):
            read_run(tmp_path)

    def test_damaged_line_is_named(self, tmp_path: Path):
        filled(tmp_path / "r")
        path = tmp_path / "r" / "predictions.jsonl"
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(FormatError, match=r"predictions\.jsonl:3: damaged .*run the same command again"):
            read_run(tmp_path / "r")

    def test_damaged_facts_are_named(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / "run.json").write_text("{")
        with pytest.raises(FormatError, match=r"run\.json: not valid JSON .*run again"):
            read_run(tmp_path / "r")

    def test_result_round_trip(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        folder.write_result(empty_result(folder))
        assert read_result(tmp_path / "r") == empty_result(folder)
        assert read_result(tmp_path / "r" / "result.json") == empty_result(folder)

    def test_a_result_of_other_predictions_is_not_put_beside_these(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        result = empty_result(folder)
        with folder.appending() as append:
            append(MADE[:1])
        with pytest.raises(OutputError, match="holds a run of other predictions than those scored"):
            folder.write_result(result)
        assert not (tmp_path / "r" / "result.json").exists()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param("[]", "not an evalkit result", id="list"),
            pytest.param("{}", "not an evalkit result", id="other"),
            pytest.param("{", "not valid JSON", id="cut"),
        ],
    )
    def test_other_files(self, tmp_path: Path, content: str, message: str):
        (tmp_path / "result.json").write_text(content)
        with pytest.raises(FormatError, match=message):
            read_result(tmp_path)


def test_lines_leave_times_out():
    assert prediction_line(Prediction(article_id="a", annotations=Annotations(), seconds=1.5)) == (
        b'{"id":"a","entities":null,"quotes":null,"stances":null}\n'
    )
