"""`cmd:`: real programs, well and badly behaved."""

from __future__ import annotations

import gc
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit.errors import ExtractorError, InputError, UnknownNameError
from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.extractors.remote.extractor import RemoteExtractor
from evalkit.extractors.remote.program import ProgramChannel, load_program
from evalkit.extractors.remote.wire import Inbox
from evalkit.extractors.threads import finished_before
from evalkit.records import Annotations, Article, Span
from evalkit.secrets import redacted

PREAMBLE = """
import json, re, sys, time, os
def answer(row, **more):
    found = [{"start": m.start(), "end": m.end(), "label": "PER"} for m in re.finditer("[A-Z][a-z]+", row["text"])]
    print(json.dumps({"id": row["id"], "entities": found, **more}))
def rows(lines):
    return [row for row in map(json.loads, lines) if "evalkit" not in row]
"""
EACH = "for line in sys.stdin:\n    for row in rows([line]):\n"
GOOD = EACH + "        answer(row)\n"

ROOT = Path(__file__).resolve().parents[3]
OWN = {**os.environ, "PYTHONPATH": str(ROOT)}

Start = Callable[..., RemoteExtractor]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[RemoteExtractor] = []

    def begin(code: str, **options: str) -> RemoteExtractor:
        script = tmp_path / "program.py"
        script.write_text(PREAMBLE + code, encoding="utf-8")
        extractor = load_program(f"cmd:{shlex.quote(sys.executable)} {shlex.quote(str(script))}", options)
        started.append(extractor)
        return extractor

    yield begin
    for extractor in started:
        extractor.close()


@pytest.mark.parametrize("number", [1, 2])
def test_answers_that_came_before_somebody_interrupts_are_not_lost(
    start: Start, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    taken = Inbox.take

    def interrupted(inbox: Inbox, line: bytes) -> None:
        taken(inbox, line)
        if len(inbox.answers) == number:
            raise KeyboardInterrupt

    extractor = start(EACH + "        answer(row); sys.stdout.flush()\n", layers="entities", fingerprint="1")
    monkeypatch.setattr(Inbox, "take", interrupted)
    with pytest.raises(KeyboardInterrupt) as stop:
        extractor.extract(articles("Ola", "Kari", "Per"))
    assert [article.id for article, _ in finished_before(stop.value)] == ["a1", "a2"][:number]


def articles(*texts: str) -> list[Article]:
    return [Article(id=f"a{number}", text=text) for number, text in enumerate(texts, 1)]


def spans(found: Annotations | ArticleFailure) -> list[Span]:
    assert isinstance(found, Annotations), found
    return [entity.spans[0] for entity in found.entities or ()]


def message(found: Annotations | ArticleFailure) -> str:
    assert isinstance(found, ArticleFailure), found
    return found.message


def test_each_article_gets_its_own_answer(start: Start) -> None:
    first, second = start(GOOD).extract(articles("Moen left", "🙂 Zoë met Ada"))
    # The emoji is one code point; the program's pattern ends "Zoë" before the ë.
    assert (spans(first), spans(second)) == ([Span(0, 4)], [Span(2, 4), Span(10, 13)])


def test_answers_in_another_order_go_to_their_articles(start: Start) -> None:
    extractor = start("for row in rows(sys.stdin)[::-1]: answer(row)", input="whole")
    first, second = extractor.extract(articles("Moen left", "then Ada"))
    assert (spans(first), spans(second)) == ([Span(0, 4)], [Span(5, 8)])


def test_a_program_is_started_once(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    extractor = start(f"open({str(log)!r}, 'a').write('x')\n" + GOOD)
    extractor.fingerprint()
    for text in ("Moen", "Ada", "Oslo"):
        extractor.extract(articles(text))
    assert log.read_text() == "x"


def test_a_program_that_answers_at_the_end_is_started_for_each_batch(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    extractor = start(f"open({str(log)!r}, 'a').write('x')\nfor row in rows(sys.stdin): answer(row)", input="whole")
    for text in ("Moen", "Ada"):
        assert len(spans(extractor.extract(articles(text))[0])) == 1
    assert log.read_text() == "xx"


def test_more_text_than_pipes_hold_in_all_directions(start: Start) -> None:
    code = EACH + "        sys.stderr.write('e' * 100_000); answer(row, padding='p' * 100_000)\n"
    found = start(code).extract(articles(*["Moen " + "x" * 50_000] * 40))
    assert [spans(one) for one in found] == [[Span(0, 4)]] * 40


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({}, "key: none, other: here", id="not told"),
        pytest.param({"inherit-key": "yes"}, "key: [EVALKIT_LLM_API_KEY], other: here", id="told"),
    ],
)
def test_the_key_of_an_endpoint_is_not_for_programs(
    start: Start, options: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", "sk-invented-0123456789")
    monkeypatch.setenv("SHIP_DEPOT", "here")
    code = "get = os.environ.get\nsys.exit(f\"key: {get('EVALKIT_LLM_API_KEY', 'none')}, other: {get('SHIP_DEPOT')}\")"
    (found,) = start(code, **options).extract(articles("Moen"))
    assert said in redacted(message(found))


def test_no_articles_no_start(start: Start) -> None:
    assert start("raise SystemExit(1)").extract([]) == []


# What it says of itself.


def test_a_header_decides(start: Start) -> None:
    header = (
        'print(json.dumps({"evalkit": 1, "name": "caps", "layers": ["quotes", "entities"], "fingerprint": "v7"}))\n'
    )
    extractor = start(header + GOOD)
    assert extractor.layers == ("entities", "quotes")
    assert extractor.facts() == {"reported_name": "caps", "reported_fingerprint": "v7"}


def test_without_a_header_its_answers_show_the_layers(start: Start) -> None:
    assert start(EACH + "        answer(row, quotes=[])\n").layers == ("entities", "quotes")


def test_what_is_given_needs_no_start(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    code = f"open({str(log)!r}, 'a').write('x')\n" + GOOD
    one, two = (start(code, layers="stances", fingerprint=version) for version in "12")
    assert one.layers == ("stances",)
    assert one.fingerprint() != two.fingerprint()
    assert not log.exists()


def test_a_model_that_answers_otherwise_is_another_one(start: Start, tmp_path: Path) -> None:
    # The file of the program stays the same; what it reads from elsewhere shows in its answers only.
    label = tmp_path / "label"
    code = f"label = open({str(label)!r}).read()\n" + EACH
    code += '        print(json.dumps({"id": row["id"], "entities": [{"start": 0, "end": 3, "label": label}]}))\n'
    prints = []
    for name in ("PER", "PER", "ORG"):
        label.write_text(name)
        prints.append(start(code).fingerprint())
    assert prints[0] == prints[1] != prints[2]


def test_fingerprint_is_the_same_before_and_after(start: Start) -> None:
    header = 'print(json.dumps({"evalkit": 1, "fingerprint": "v1"}))\n'
    before, after = start(header + GOOD), start(header + GOOD)
    after.extract(articles("Moen"))
    assert before.fingerprint() == after.fingerprint()


def test_fingerprint_changes_with_the_file_and_with_the_header(start: Start) -> None:
    header = 'print(json.dumps({"evalkit": 1, "fingerprint": "FP"}))\n'
    plain, again, other_code = (start(code).fingerprint() for code in (GOOD, GOOD, GOOD + "\n"))
    one, two = (start(header.replace("FP", version) + GOOD).fingerprint() for version in "12")
    assert plain == again
    assert len({plain, other_code, one, two}) == 4


@pytest.mark.parametrize(
    "command", [pytest.param("{python} script.py", id="script"), pytest.param("{python} -m script", id="module")]
)
def test_fingerprint_changes_with_the_modules_that_a_script_imports(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"script.py": "import mine.words", "mine/__init__.py": "", "mine/words.py": "W = 1", "other.py": "O = 1"}
    (tmp_path / "mine").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    def identity() -> str:
        return ProgramChannel(shlex.split(command.format(python=sys.executable)), timeout=1).identity()

    before = identity()
    (tmp_path / "other.py").write_text("O = 2")
    assert identity() == before
    (tmp_path / "mine" / "words.py").write_text("W = 2")
    assert identity() != before


# What goes wrong with one article.


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        pytest.param("sys.exit('no memory for you')", "exited with status 1.*no memory for you", id="crashes"),
        pytest.param("os.kill(os.getpid(), 9)", "killed by SIGKILL", id="is killed"),
        pytest.param("time.sleep(60)", "hangs: no answer for 0.6 seconds", id="hangs"),
        pytest.param("print('oops'); sys.exit(3)", "status 3.*not an answer: 'oops'", id="writes rubbish and ends"),
        pytest.param('answer({**row, "id": "zz"}); sys.exit(0)', "unknown article", id="answers for another"),
        pytest.param('print(json.dumps({"id": row["id"], "error": "too  long"}))', "^too long$", id="says so"),
        pytest.param('print(json.dumps({"id": row["id"]}))', "none of the layers", id="answers without a layer"),
        pytest.param(
            'print(json.dumps({"id": row["id"], "ents": []}))', "'ents'.*did you mean 'entities'", id="misspelt layer"
        ),
        pytest.param('answer(row, score=float("nan"))', "holds NaN.*null", id="writes NaN"),
        pytest.param('answer(row, score=-float("inf"))', "holds -Infinity", id="writes an infinity"),
        pytest.param(
            """sys.stdout.buffer.write(b'{"id": "%s", "entities": [], "x": "\\xc5"}\\n' % row["id"].encode())""",
            "not UTF-8 .byte 0xc5",
            id="writes Latin-1",
        ),
        pytest.param(
            'print(json.dumps({"id": row["id"], "entities": []}, indent=1))', "a line of its own", id="pretty"
        ),
        pytest.param("print(\"{'id': 1, 'entities': []}\")", "json.dumps", id="writes Python"),
        pytest.param('print(json.dumps({"entities": []}))', "without an id|has no id", id="answers without an id"),
        pytest.param('print(json.dumps([{"start": 0, "end": 1, "label": "PER"}]))', "has no id", id="items alone"),
        pytest.param("print([])", "has no id", id="an empty list"),
        pytest.param(r"print(json.dumps({'id': row['id'], 'error': '\x1b[31m no\n'}))", "\x1b.31m no$", id="hostile"),
        pytest.param('print(\'{"id": "\' + row["id"] + \'", "entities": [\')', "a part of JSON", id="cut off"),
        pytest.param(
            'print(json.dumps({"id": row["id"], "entities": [{"start": 0}]}))',
            r"entities\[0\]: span \[0, None\]",
            id="breaks the form",
        ),
    ],
)
def test_one_article_fails_and_the_others_do_not(start: Start, trouble: str, said: str) -> None:
    extractor = start(
        EACH + f"        if 'BAD' in row['text']:\n            {trouble}\n        else: answer(row)\n", timeout="0.6"
    )
    first, bad, last = extractor.extract(articles("Moen", "a BAD one", "Ada"))
    assert (spans(first), spans(last)) == ([Span(0, 4)], [Span(0, 3)])
    assert re.search(said, message(bad))


def test_a_byte_order_mark_loses_nothing(start: Start) -> None:
    code = r"sys.stdout.buffer.write(b'\xef\xbb\xbf'); sys.stdout.flush()" + "\n" + GOOD
    found = start(code).extract(articles("Moen", "Ada"))
    assert [spans(one) for one in found] == [[Span(0, 4)], [Span(0, 3)]]


LIST = """
def one(row): return {"article_id": row["id"], "entities": [{"start": 0, "end": 3, "label": "PER"}]}
"""


@pytest.mark.parametrize("indent", ["None", "1"])
def test_answers_as_a_list_of_objects(start: Start, indent: str) -> None:
    code = LIST + f"print(json.dumps([one(row) for row in rows(sys.stdin)], indent={indent}))"
    found = start(code, input="whole").extract(articles("Moen", "Ada"))
    assert [spans(one) for one in found] == [[Span(0, 3)], [Span(0, 3)]]


def test_lines_of_a_log_are_passed_over(start: Start) -> None:
    log = 'print("[INFO] loaded"); print("{x}"); print(json.dumps({"level": "info", "message": "loaded"}))\n'
    extractor = start(log + GOOD)
    assert spans(extractor.extract(articles("Moen"))[0]) == [Span(0, 4)]
    assert extractor.facts()["not an answer"] == 3


def test_items_under_a_name_that_is_no_layer_are_counted(start: Start) -> None:
    (found,) = start(EACH + '        answer(row, relations=[{"from": 1}])\n').extract(articles("Moen"))
    assert isinstance(found, Extracted)
    assert found.usage == {"unread_relations": 1}


def test_offsets_in_utf16_are_named(start: Start) -> None:
    # In UTF-16 the emoji counts two: "Ada" is at 3 there and at 2 in code points.
    code = (
        EACH
        + '        found = [{"start": 3, "end": 6, "label": "PER", "text": "Ada"}]\n'
        + '        print(json.dumps({"id": row["id"], "entities": found}))\n'
    )
    (found,) = start(code).extract(articles("🙂 Ada left"))
    assert "UTF-16" in message(found)


def test_the_first_of_two_answers_stands_and_the_second_is_named(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    code = EACH + '        print("loading"); answer(row); answer({**row, "text": ""}); answer({**row, "id": "zz"})\n'
    extractor = start(code)
    found = extractor.extract(articles("Moen", "Ada"))
    assert [spans(one) for one in found] == [[Span(0, 4)], [Span(0, 3)]]
    # What follows the last answer may still be in the pipe when the batch is complete.
    counted = extractor.facts()
    assert counted["not an answer"] == 2
    assert 1 <= int(counted["a second answer that differs"]) <= 2
    # Line 1 is a log, line 2 the first answer.
    assert "a second answer for article a1 (line 3 of its output)" in caplog.text


def test_an_equal_second_answer_is_only_counted_also_where_it_comes_late(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    extractor = start(EACH + "        answer(row); answer(row)\n")
    # Without a header a made-up article comes first, whose second answer comes when a1 is asked about.
    assert extractor.layers == ("entities",)
    for number in (1, 2):
        extractor.extract([Article(id=f"a{number}", text="Moen")])
    counted = extractor.facts()
    assert counted == {"a second answer": 1}
    assert "unknown" not in caplog.text
    assert "line" in caplog.text


def test_a_program_that_is_started_again_is_counted(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    died = tmp_path / "died"
    dies = f"        if row['id'] == 'a2' and not os.path.exists({str(died)!r}): open({str(died)!r}, 'w'); os._exit(1)"
    extractor = start(f"{EACH}{dies}\n        answer(row)\n")
    found = extractor.extract(articles("Moen", "Ada", "Oslo"))
    assert [spans(one) for one in found] == [[Span(0, 4)], [Span(0, 3)], [Span(0, 4)]]
    assert extractor.facts() == {"restarts": 1}
    for _ in range(2):
        extractor.close()
    assert caplog.text.count("was started again once: exited with status 1") == 1


def test_null_is_handed_on_as_not_answered(start: Start) -> None:
    (found,) = start(EACH + '        print(json.dumps({"id": row["id"], "entities": None}))').extract(articles("Moen"))
    assert isinstance(found, Extracted)
    assert found.unanswered == ("entities",)


def test_gives_up_on_a_program_that_stopped_answering(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    code = (
        f"open({str(log)!r}, 'a').write('x')\n"
        + EACH
        + "        if row['id'] == 'a1': answer(row)\n        else: sys.exit(1)\n"
    )
    found = start(code).extract(articles(*["Moen"] * 30))
    assert len(spans(found[0])) == 1
    assert "status 1" in message(found[1])
    assert "10 conversations in a row failed" in message(found[-1])
    # One start answers and crashes, ten more crash.
    assert log.read_text() == "x" * 11


# What goes wrong with everything.


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("sys.exit('no such model')", "status 1.*last words: no such model", id="crashes at once"),
        pytest.param("for line in sys.stdin: json.loads(line)['text']", r"'text'.*header.*docs/programs", id="header"),
        pytest.param("for r in sys.stdin: print('{'); print('}')", "a line of its own", id="pretty"),
        pytest.param("for line in sys.stdin: print({'entities': []})", "json.dumps", id="Python"),
        pytest.param(
            "for line in sys.stdin: sys.stdout.buffer.write('{}\\n'.encode('utf-16'))", "wrote UTF-16", id="UTF-16"
        ),
        pytest.param("pass", "exited with status 0 without answering", id="ends at once"),
        pytest.param("time.sleep(60)", r"hangs.*--set timeout", id="hangs"),
        pytest.param("while True: print('y')", "no answer.*'y'", id="floods"),
        pytest.param("print('{\"evalkit\": 2}'); time.sleep(60)", "version 2 .* speaks 1", id="another version"),
        pytest.param('print(\'{"evalkit": 1, "layers": ["x"]}\'); time.sleep(60)', "'x'", id="unknown layer"),
        pytest.param("os.close(1); time.sleep(60)", "closed its output", id="closes its output"),
    ],
)
def test_nothing_at_all_is_an_error_of_the_extractor(start: Start, code: str, said: str) -> None:
    extractor = start(code, timeout="0.5")
    with pytest.raises((ExtractorError, InputError), match=said):
        extractor.extract(articles("Moen", "Ada", "Oslo"))


def test_what_a_program_starts_ends_with_it(start: Start, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import subprocess\nopen({str(note)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))\n" + GOOD
    extractor = start(code)
    extractor.extract(articles("Moen"))
    status = Path("/proc") / note.read_text() / "stat"
    if not status.exists():
        pytest.skip("needs /proc")
    extractor.close()
    deadline = time.monotonic() + 5
    while status.exists() and status.read_text().split(")")[1].split()[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not status.exists() or status.read_text().split(")")[1].split()[0] == "Z"


# Without an end.


@pytest.mark.parametrize("mode", ["stream", "whole"])
@pytest.mark.parametrize(
    "again",
    [
        pytest.param("print()", id="blank lines"),
        pytest.param("sys.stdout.write('.')", id="a byte now and then"),
        pytest.param("print('loading')", id="lines of a log"),
        pytest.param('print(json.dumps({"level": "info"}))', id="objects of a log"),
        pytest.param('print(json.dumps({"id": "zz", "entities": []}))', id="answers for another article"),
        pytest.param('print(json.dumps({"evalkit": 1}))', id="headers"),
        pytest.param("sys.stderr.write('x' * 9999)", id="complaints"),
        pytest.param("os.close(1) if os.isatty(1) else sys.stderr.write('x')", id="complaints alone"),
    ],
)
def test_what_is_no_answer_is_no_sign_of_life(start: Start, again: str, mode: str) -> None:
    code = f"while True:\n    {again}\n    sys.stdout.flush()\n    time.sleep(0.01)\n"
    extractor = start(code, timeout="0.3", input=mode, layers="entities", fingerprint="1")
    begun = time.monotonic()
    with pytest.raises(ExtractorError, match=r"hangs: no answer for 0.3 seconds"):
        extractor.extract(articles("Moen", "Ada"))
    assert time.monotonic() - begun < 5


def test_each_answer_has_the_time_anew(start: Start) -> None:
    found = start(EACH + "        time.sleep(0.15); answer(row)\n", timeout="0.6").extract(articles(*["Moen"] * 8))
    assert [spans(one) for one in found] == [[Span(0, 4)]] * 8


def test_an_article_that_takes_longer_than_it_may_fails_and_the_others_do_not(start: Start) -> None:
    extractor = start(EACH + "        if 'BAD' in row['text']: time.sleep(60)\n        answer(row)\n", timeout="60")
    assert extractor.layers == ("entities",)
    extractor.limit_time(0.4)
    first, bad, last = extractor.extract(articles("Moen", "a BAD one", "Ada"))
    assert (spans(first), spans(last)) == ([Span(0, 4)], [Span(0, 3)])
    assert message(bad) == "no answer for 0.4 s, the time-out of articles"


def test_a_program_that_ends_while_what_it_started_holds_its_output_is_seen_to_have_ended(start: Start) -> None:
    begun = time.monotonic()
    with pytest.raises(ExtractorError, match="exited with status 3"):
        start("if os.fork(): os._exit(3)\ntime.sleep(60)", timeout="50").extract(articles("Moen", "Ada", "Oslo"))
    assert time.monotonic() - begun < 10


def test_windows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(InputError, match="programs cannot be run on Windows"):
        load_program("cmd:cat")


def test_a_program_that_closes_its_output_and_complains_for_ever_is_ended(start: Start) -> None:
    begun = time.monotonic()
    with pytest.raises(ExtractorError, match="closed its output"):
        start("os.close(1)\nwhile True: sys.stderr.write('x' * 999)").extract(articles("Moen", "Ada"))
    assert time.monotonic() - begun < 10


# What is left.


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    until = time.monotonic() + 5
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not alive(pid)


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
PID = '{"evalkit": 1, "layers": ["entities"], "fingerprint": str(os.getpid())}'
SAYS_WHO = f"print(json.dumps({PID}), flush=True)\n"


@needs_proc
def test_extractors_that_nobody_closes_leave_nothing(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PREAMBLE + SAYS_WHO + EACH + "        answer(row); sys.stdout.flush()\n", encoding="utf-8")
    gc.collect()
    before, pids = descriptors(), []
    gc.disable()
    try:
        for _ in range(3):
            extractor = load_program(f"cmd:{shlex.quote(sys.executable)} -S {shlex.quote(str(script))}")
            extractor.extract(articles("Moen"))
            pids.append(int(extractor.facts()["reported_fingerprint"]))
            del extractor
        assert descriptors() == before
    finally:
        gc.enable()
    assert not any(map(alive, pids))


@needs_proc
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_program_ends_with_evalkit_however_that_ends(number: int, status: int, tmp_path: Path) -> None:
    script, gold, pids = (tmp_path / name for name in ("program.py", "gold.jsonl", "pids"))
    pids.touch()
    # It listens to nobody, and starts another one that does not either; both say who they are.
    code = "import os, signal, sys, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nos.fork()\n"
    code += "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')\ntime.sleep(60)"
    script.write_text(code)
    gold.write_text('{"id": "a", "text": "Moen", "entities": []}\n')
    command = ["run", "--model", f"cmd:{sys.executable} -S {script} {pids}", "--dataset", str(gold), "--out", "r"]
    evalkit = subprocess.Popen(
        [sys.executable, "-m", "evalkit", *command], cwd=tmp_path, env=OWN, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 20
    while len(pids.read_text().splitlines()) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    begun = time.monotonic()
    evalkit.send_signal(number)
    assert evalkit.wait(20) == status
    assert time.monotonic() - begun < 5
    assert all(gone(int(pid)) for pid in pids.read_text().split())
    assert evalkit.stderr is not None
    evalkit.stderr.close()


def test_asked_again_after_close(start: Start) -> None:
    extractor = start(GOOD)
    extractor.extract(articles("Moen"))
    extractor.close()
    assert len(spans(extractor.extract(articles("Ada"))[0])) == 1


@pytest.mark.parametrize(
    ("spec", "options", "error", "said"),
    [
        pytest.param("cmd:no-such-program-here", {}, UnknownNameError, "'no-such-program-here'", id="no program"),
        pytest.param("cmd:", {}, InputError, "no program", id="empty"),
        pytest.param("cmd:cat 'x", {}, InputError, "quotation", id="open quotation mark"),
        pytest.param("cmd:cat", {"timeuot": "3"}, InputError, "did you mean 'timeout'", id="unknown option"),
        pytest.param("cmd:cat", {"timeout": "soon"}, InputError, "'soon'", id="no number"),
        pytest.param("cmd:cat", {"timeout": "0"}, InputError, "above 0", id="no time"),
        pytest.param("cmd:cat", {"input": "all"}, InputError, "stream, whole", id="unknown mode"),
        pytest.param("cmd:cat", {"layers": "entites"}, InputError, "'entites'", id="unknown layer"),
    ],
)
def test_bad_spellings(spec: str, options: dict[str, str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        load_program(spec, options)
