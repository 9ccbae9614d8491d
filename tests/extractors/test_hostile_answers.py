"""Hostile answers of programs, services and endpoints: the article fails or all is refused, in one line and in time."""

from __future__ import annotations

import gzip
import json
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import EvalkitError
from evalkit.extractors.base import Extracted, traits_of
from evalkit.extractors.table import load_extractor
from evalkit.predictions.batches import Job, predict_batch
from evalkit.records import Article
from tests.extractors.raw_server import HEAD, Reply, for_ever, plain, raw_server, whole

KEY = "sk-invented-0123456789abcdef"
ARTICLE = Article(id="a1", text="Moen left Oslo.")
ITEM = {"start": 0, "end": 4, "label": "PER"}
GIVEN = {"layers": "entities", "fingerprint": "1"}
"""What is given, so that nothing is asked about a made-up article first."""

Ask = Callable[[bytes], str]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", KEY)
    monkeypatch.setattr("evalkit.extractors.http.LARGEST", 1 << 20)
    monkeypatch.setattr("evalkit.extractors.remote.wire._MOST_NESTS", 250_000)


def outcome(spelling: str, **options: str) -> str:
    """What comes of one article: `ok` with what was found, or what is said instead; and that it can be stored."""
    extractor = load_extractor(spelling, options=options)
    try:
        (prediction,) = predict_batch(extractor, tuple(extractor.layers), [Job(ARTICLE)])
        said = prediction.error
    except EvalkitError as error:
        prediction, said = None, str(error)
    finally:
        traits_of(extractor).close()
    if prediction is not None and said is None:
        return f"ok {[(one.spans[0].start, one.label) for one in prediction.annotations.entities or ()]}"
    assert said is not None
    assert KEY[:8] not in said
    assert "\n" not in said
    assert "Traceback" not in said
    assert len(said) < 1000
    said.encode("utf-8")
    return said


def of_program(folder: Path, content: bytes) -> str:
    (folder / "answer").write_bytes(content)
    script = folder / "program.py"
    code = "import sys\nfor line in sys.stdin.buffer:\n    if b'\"id\"' in line: break\n"
    code += "sys.stdout.buffer.write(open(sys.argv[1], 'rb').read()); sys.stdout.flush()"
    script.write_text(code)
    words = [sys.executable, "-S", "-E", str(script), str(folder / "answer")]
    return outcome(f"cmd:{shlex.join(words)}", **GIVEN)


def of_service(reply: Reply, **options: str) -> str:
    with raw_server(reply) as server:
        return outcome(f"http://127.0.0.1:{server.port}/x", **{"retries": "0", "timeout": "20", **GIVEN, **options})


def of_endpoint(reply: Reply, **options: str) -> str:
    with raw_server(reply) as server:
        usual = {"retries": "0", "timeout": "20", "layers": "entities", "attempts": "1"}
        return outcome("llm:m", base_url=f"http://127.0.0.1:{server.port}/v1", **{**usual, **options})


def row(**more: Any) -> dict[str, Any]:
    return {"id": "a1", "entities": [ITEM], **more}


def lines(*rows: Any) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in rows)


DEEP = b'{"id": "a1", "entities": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
NEARLY_TOO_DEEP = b'{"id": "a1", "x": ' + b"[" * 1000 + b"]" * 1000 + b', "entities": []}'
ANSWERS = [
    pytest.param(lines(row()).replace(b": 4", b": NaN"), "holds NaN", id="NaN"),
    pytest.param(lines(row()).replace(b": 4", b": 1e999"), "", id="a number beyond all"),
    pytest.param(lines(row(entities=[ITEM | {"end": 2**70}])), "", id="a huge number"),
    pytest.param(lines(row(entities=[ITEM | {"start": -1}])), "-1", id="a negative number"),
    pytest.param(lines(row(entities=[ITEM | {"label": "\ud800"}])), "", id="half a character"),
    pytest.param(lines(DEEP), "", id="deep"),
    pytest.param(lines(NEARLY_TOO_DEEP), "", id="nearly too deep"),
    pytest.param(lines(row(id="zz")), "unknown article", id="another article"),
    pytest.param(lines(row(id=[[1]])), "unknown article", id="an id that is a list"),
    pytest.param(lines(row(), row(entities=[])), "ok [(0, 'PER')]", id="two answers"),
    pytest.param(lines(row(id="zz"), row(), row(id="yy")), "ok [(0, 'PER')]", id="answers that nobody asked for"),
    pytest.param(b'{"id": "a1", "entities": [], "entities": []}\n', "'entities' twice", id="a layer twice"),
    pytest.param(
        lines([row(), row()]).replace(b"}]}", b'}], "entities": []}'), "'entities' twice", id="twice in a list"
    ),
    pytest.param(lines(row(entities=[ITEM | {"label": "a\0b\x1b[2J"}])), "ok [(0, 'a\\x00b\\x1b[2J')]", id="control"),
    pytest.param(b"\0" * 1000 + b"\n", "UTF-16", id="zeros"),
    pytest.param(b"<html><body>busy</body></html>\n", "<html>", id="HTML"),
    pytest.param((json.dumps(row()) + "\n").encode("utf-16"), "UTF-16", id="another charset"),
    pytest.param(b'{"id": "a1", "error": "caf\xe9"}\n', "not UTF-8", id="Latin-1"),
    pytest.param(lines(row(error=f"no access with {KEY}")), "no access with [EVALKIT_LLM_API_KEY]", id="a key"),
    pytest.param(f"refused {KEY}\n".encode(), "[EVALKIT_LLM_API_KEY]", id="a key in a line"),
    pytest.param(gzip.compress(lines(row())), "compressed with gzip", id="gzip"),
    pytest.param(b"\n" * 200_000, "", id="nothing but line ends"),
    pytest.param(b"x\n" * 200_000, "not an answer: 'x'", id="a flood"),
    pytest.param(lines([row(id=str(number)) for number in range(9000)]), "", id="a flood in a list"),
    pytest.param(b"[" + b"[]," * 300_000 + b"[]]\n", "more than 250,000 lists and objects", id="lists of nothing"),
    pytest.param(b'{"evalkit": 1, "name": "' + b"n" * 9999 + b'"}\n' + lines(row()), "ok", id="a long name"),
]


@pytest.mark.parametrize("kind", ["cmd", "http"])
@pytest.mark.parametrize(("content", "said"), ANSWERS)
def test_lines_of_programs_and_services(kind: str, content: bytes, said: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    found = of_program(tmp_path, content) if kind == "cmd" else of_service(whole(content))
    assert said in found
    assert time.monotonic() - begun < 20


def test_a_line_of_100_mb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.extractors.remote.child._LONGEST_LINE", 1 << 20)
    assert "wrote a line of more than" in of_program(tmp_path, b"x" * (4 << 20))
    assert "answered with more than 1 MiB" in of_service(whole(b"x" * (4 << 20)))
    monkeypatch.setattr("evalkit.extractors.llm.client._LARGEST", 1 << 20)
    assert "answered with more than 1 MiB" in of_endpoint(whole(b"x" * (4 << 20)))


BOMB = gzip.compress(b" " * (16 << 20))
PROTOCOL = [
    pytest.param(plain(HEAD + b"\r\n" + b"{}"), "", id="no length"),
    pytest.param(plain(HEAD + b"Content-Length: 9\r\n\r\n{}"), "cut after 2 bytes", id="a length that is too long"),
    pytest.param(plain(HEAD + b"Content-Length: -5\r\n\r\n{}"), "", id="a negative length"),
    pytest.param(plain(HEAD + b"Content-Length: \xb2\r\n\r\n{}"), "", id="a length that is no number"),
    pytest.param(plain(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"), "", id="an endless length"),
    pytest.param(plain(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), "cut", id="a chunk without a length"),
    pytest.param(plain(b"{}"), "cut", id="HTTP 0.9"),
    pytest.param(plain(b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n"), "cut", id="a status that is no number"),
    pytest.param(plain(b"HTTP/1.1 " + b"2" * 100_000), "cut", id="a long status line"),
    pytest.param(plain(HEAD + b"X: 1\r\n" * 1000 + b"\r\n"), "cut", id="too many headers"),
    pytest.param(
        plain(HEAD + b"Content-Encoding: gzip,gzip,gzip,gzip\r\n\r\n" + BOMB), "4 Content-Encodings", id="layers"
    ),
    pytest.param(whole(BOMB, b"Content-Encoding: gzip"), "answered with more than", id="a bomb"),
    pytest.param(whole(gzip.compress(b"") * 30_000, b"Content-Encoding: gzip"), "more than 10,000 parts", id="parts"),
    pytest.param(whole(b"", b"Content-Encoding: gzip"), "", id="nothing, compressed"),
    pytest.param(
        plain(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
        "redirects to file:///etc/passwd",
        id="redirected to a file",
    ),
    pytest.param(
        plain(b"HTTP/1.1 307 Temporary\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n"),
        "redirects to http://127.0.0.1:9/x",
        id="redirected elsewhere",
    ),
    pytest.param(
        plain(f"HTTP/1.1 500 no {KEY}\r\nContent-Length: 40\r\n\r\nkey {KEY} is wrong".encode()),
        "answered 500",
        id="a key that comes back",
    ),
    pytest.param(
        plain(b"HTTP/1.1 429 Slow\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n"), "answered 429", id="no seconds"
    ),
    pytest.param(whole(b"<html>hello</html>", b"Set-Cookie: session=1; Path=/"), "<html>", id="HTML with a cookie"),
]


@pytest.mark.parametrize("of", [of_service, of_endpoint])
@pytest.mark.parametrize(("reply", "said"), PROTOCOL)
def test_answers_that_break_http(of: Callable[[Reply], str], reply: Reply, said: str) -> None:
    begun = time.monotonic()
    found = of(reply)
    assert said in found
    assert not found.startswith("ok")
    assert time.monotonic() - begun < 20


DRIPS = [
    pytest.param(for_ever(b"HTTP/1.1 200 ", b"O"), id="status line"),
    pytest.param(for_ever(HEAD, b"X"), id="header"),
    pytest.param(for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="not yet"),
    pytest.param(for_ever(HEAD + b"Content-Length: 999999\r\n\r\n", b" "), id="body"),
    pytest.param(for_ever(HEAD + b"\r\n{}", b" "), id="body without a length"),
    pytest.param(for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), id="chunks"),
    pytest.param(for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X"), id="trailer"),
    pytest.param(for_ever(b"HTTP/1.1 500 No\r\nContent-Length: 999999\r\n\r\n", b"x"), id="error"),
]


@pytest.mark.parametrize("of", [of_service, of_endpoint])
@pytest.mark.parametrize("reply", DRIPS)
def test_drops_without_an_end(of: Callable[..., str], reply: Reply) -> None:
    begun = time.monotonic()
    assert "no whole answer in 0.3 s; --set timeout=SECONDS waits longer" in of(reply, timeout="0.3")
    assert time.monotonic() - begun < 10


def chat(content: Any = "", *, usage: Any = None, **choice: Any) -> Reply:
    message = {"role": "assistant", "content": content}
    body = {"model": "m", "choices": [{"finish_reason": "stop", "message": message, **choice}], "usage": usage or {}}
    return whole(json.dumps(body).encode())


FOUND = {"entities": [{"text": "Moen", "label": "PER", "before": "", "id": "m"}]}
WRITTEN = json.dumps(FOUND)
CHATS = [
    pytest.param(chat(WRITTEN, usage={"prompt_tokens": 2**70}), "ok [(0, 'PER')]", id="2**70 tokens"),
    pytest.param(chat(WRITTEN, usage={"prompt_tokens": -5}), "ok [(0, 'PER')]", id="less than no tokens"),
    pytest.param(chat(WRITTEN, usage=[1]), "ok [(0, 'PER')]", id="tokens that are a list"),
    pytest.param(chat(WRITTEN.replace("PER", "\\ud800")), "ok [(0, '�')]", id="half a character"),
    pytest.param(chat(WRITTEN.replace("Moen", "Mo\\u0000en")), "ok []", id="a zero"),
    pytest.param(chat('{"entities": ' * 50_000), "no JSON|not complete", id="deep"),
    pytest.param(chat('{"a" ' * 50_000), "not complete", id="braces"),
    pytest.param(chat('{"entities": ["' + '"/*' * 50_000), "not complete", id="comments that never end"),
    pytest.param(chat('{"a":1,}' * 50_000), "more than 10,000 objects", id="many objects"),
    pytest.param(chat(json.dumps({"entities": [1] * 20_000})), "20,000 items", id="many items"),
    pytest.param(chat("x" * 3_000_000), "more than 2,000,000 characters", id="long"),
    pytest.param(chat(f"my key is {KEY}"), "[EVALKIT_LLM_API_KEY]", id="the key"),
    pytest.param(whole(b"[" * 100_000), "answered no JSON", id="deep outside"),
    pytest.param(whole(b'{"choices": [NaN], "usage": 7}'), "without a message", id="NaN"),
    pytest.param(whole(b'{"choices": {"0": 1}}'), "without a message", id="choices that are no list"),
    pytest.param(whole(WRITTEN.encode("utf-16")), "without a message", id="another charset"),
    pytest.param(whole(b'{"error": "caf\xe9"}'), "answered no JSON", id="Latin-1"),
    # What a reader understands.
    pytest.param(chat(json.dumps(WRITTEN)), "ok [(0, 'PER')]", id="encoded twice"),
    pytest.param(
        chat(WRITTEN.replace("entities", "Entities").replace("text", "Text")), "ok [(0, 'PER')]", id="capitals"
    ),
    pytest.param(
        chat(None, message={"content": None, "parsed": FOUND}), "ok [(0, 'PER')]", id="read already by the endpoint"
    ),
    pytest.param(chat(None, message=None, text=WRITTEN), "ok [(0, 'PER')]", id="completion of old"),
]


@pytest.mark.parametrize(("reply", "said"), CHATS)
def test_answers_of_endpoints(reply: Reply, said: str) -> None:
    begun = time.monotonic()
    found = of_endpoint(reply, answers="text")
    assert any(one in found for one in said.split("|")), found
    assert time.monotonic() - begun < 20


def test_a_list_given_twice_in_an_answer_is_counted() -> None:
    with raw_server(chat('{"entities": [], ' + WRITTEN[1:])) as server:
        extractor = load_extractor(
            "llm:m", options={"base_url": f"http://127.0.0.1:{server.port}/v1", "layers": "entities"}
        )
        (found,) = extractor.extract([ARTICLE])
    assert isinstance(found, Extracted)
    assert found.usage["superseded_answers"] == 1
    assert len(found.annotations.entities or ()) == 1


def test_a_cookie_is_not_sent_back() -> None:
    def reply(write: Callable[[bytes], None]) -> None:
        write(HEAD + b"Set-Cookie: session=1; Path=/\r\nContent-Length: 2\r\n\r\n[]")

    with raw_server(reply) as server:
        extractor = load_extractor(f"http://127.0.0.1:{server.port}/x", options={"retries": "0", **GIVEN})
        for _ in range(2):
            extractor.extract([ARTICLE])
    assert len(server.heads) == 2
    assert not any(b"session" in head for head in server.heads)
