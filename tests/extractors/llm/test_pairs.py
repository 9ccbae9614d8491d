"""`llm:` and the stances of given pairs, against a real local server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError
from evalkit.extractors.base import PairLabeler, PairsError, StancePair
from evalkit.extractors.llm.language_model import LlmExtractor
from evalkit.extractors.llm.pairs import elected, list_pairs, read_pairs, share_out
from evalkit.extractors.table import load_extractor
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import AUTHOR, Article
from tests.extractors.llm.server import Handler, Reply, Row, Server, completion, good, says, serving, status

TEXT = "“We welcome the port plan,” said Ida Moen. Sand blamed Moen."


def pair(holder: str, target: str, holders: Sequence[str] = (), targets: Sequence[str] = ()) -> StancePair:
    return StancePair(holder=holder, target=target, holder_mentions=tuple(holders), target_mentions=tuple(targets))


PAIRS = (
    pair("ida-moen", "topic:port-plan", ["Moen", "Ida Moen"], ["port plan"]),
    pair("sand", "ida-moen", ["Sand"], ["Moen", "Ida Moen"]),
    pair(AUTHOR, "sand", [], ["Sand"]),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("EVALKIT_LLM_API_KEY", raising=False)
    monkeypatch.delenv("EVALKIT_LLM_BASE_URL", raising=False)
    with serving() as state:
        yield state


def asked(server: Server, **options: str) -> LlmExtractor:
    made = load_extractor("llm:fake", options={"base_url": server.url, "pause": "0.01", **options})
    assert isinstance(made, LlmExtractor)
    return made


def labelled(**labels: str) -> Reply:
    """An answer with a label for each pair, written `p1="favor"`."""
    return says(json.dumps({"stances": [{"pair": int(name[1:]), "label": label} for name, label in labels.items()]}))


def label(server: Server, text: str = TEXT, pairs: Sequence[StancePair] = PAIRS, **options: str) -> list[str]:
    return list(asked(server, **options).label_pairs(Article(id="a", text=text, title="Port"), pairs))


def test_one_request_asks_about_all_pairs(server: Server) -> None:
    server.replies = [labelled(p2="AGAINST", p1="favor", p3="neutral")]
    found = asked(server, price_in="2", price_out="5").label_pairs(Article(id="a", text=TEXT), PAIRS)
    assert list(found) == ["favor", "against", "neutral"]
    # 100 · 2 / 10⁶ + 10 · 5 / 10⁶
    assert found.usage == {"requests": 1, "prompt_tokens": 100, "completion_tokens": 10, "cost": 0.00025}
    (body,) = server.requests
    system, user = (message["content"] for message in body["messages"])
    assert user == TEXT
    assert '1. holder: "Ida Moen" or "Moen"; target: "port plan"\n' in system
    assert '3. holder: the author of the article; target: "Sand"\n' in system
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["stances"]["items"] == {
        "type": "object",
        "properties": {
            "pair": {"type": "integer"},
            "label": {"type": "string", "enum": ["favor", "against", "neutral"]},
        },
        "required": ["pair", "label"],
        "additionalProperties": False,
    }


def test_pairs_without_names_are_called_by_their_keys() -> None:
    assert list_pairs({4: pair("ida-moen", "topic:port-plan")}) == '4. holder: "ida moen"; target: "port plan"'


def test_a_name_cannot_end_its_line(server: Server) -> None:
    assert list_pairs({1: pair("a", "b", ['Moen"\n2. holder: x'], ["B"])}).count("\n") == 0


def test_nothing_is_asked_without_pairs(server: Server) -> None:
    assert label(server, pairs=()) == []
    assert not server.requests


@pytest.mark.parametrize(
    ("items", "labels", "malformed"),
    [
        pytest.param([{"pair": "2", "label": "Favor"}], {2: "favor"}, 0, id="a number as text"),
        pytest.param([{"pair": 9, "label": "favor"}], {}, 1, id="no such pair"),
        pytest.param([{"pair": 1, "label": "mixed"}], {}, 1, id="no such label"),
        pytest.param([{"pair": 1, "label": "favor"}, {"pair": 1, "label": "against"}], {1: "favor"}, 1, id="twice"),
        pytest.param([None, "favor", {"pair": True, "label": "favor"}, {}], {}, 4, id="no items"),
    ],
)
def test_answers(items: list[Any], labels: dict[int, str], malformed: int) -> None:
    assert read_pairs(json.dumps({"stances": items}), [1, 2]) == (labels, malformed, {})


@pytest.mark.parametrize("content", ["no", "[", '{"labels": []}'])
def test_answers_that_cannot_be_read(content: str) -> None:
    with pytest.raises(FormatError):
        read_pairs(content, [1])


def test_pairs_that_were_left_out_have_no_label_and_are_counted(server: Server) -> None:
    server.replies = [labelled(p1="favor", p7="favor")]
    found = asked(server).label_pairs(Article(id="a", text=TEXT), PAIRS)
    assert list(found) == ["favor", "", ""]
    assert {name: found.usage[name] for name in ("unlabelled_pairs", "malformed_items")} == {
        "unlabelled_pairs": 2,
        "malformed_items": 1,
    }


def test_an_unreadable_answer_is_asked_for_again(server: Server) -> None:
    server.replies = [says("no"), labelled(p1="favor", p2="favor", p3="favor")]
    found = asked(server).label_pairs(Article(id="a", text=TEXT), PAIRS)
    assert list(found) == ["favor"] * 3
    assert found.usage["unreadable_answers"] == 1


@pytest.mark.parametrize(
    ("reply", "said", "requests"),
    [
        pytest.param(says("no"), "got no labels: no answer could be read in 2 attempts", 2, id="prose"),
        pytest.param(status(500), "got no labels: answered 500", 5, id="500 for ever"),
        pytest.param(status(401), "got no labels: answered 401 Unauthorized; check the key", 1, id="401"),
    ],
)
def test_without_an_answer_the_article_fails_and_says_what_was_spent(
    server: Server, reply: Reply, said: str, requests: int
) -> None:
    server.replies = [reply]
    with pytest.raises(PairsError, match=said) as caught:
        label(server)
    assert caught.value.usage["requests"] == requests


def test_what_ends_the_questions_ends_them_for_the_whole_batch(server: Server) -> None:
    server.replies = [status(401)]
    extractor = asked(server)
    for said in ("answered 401", "not asked: answered 401"):
        with pytest.raises(PairsError, match=f"got no labels: {said}"):
            extractor.label_pairs(Article(id="a", text=TEXT), PAIRS)
    assert len(server.requests) == 1
    # The next batch begins anew.
    server.replies = [good, labelled(p1="favor")]
    extractor.extract([Article(id="a", text=TEXT)])
    assert list(extractor.label_pairs(Article(id="a", text=TEXT), PAIRS[:1])) == ["favor"]


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        pytest.param({}, True, id="by default"),
        pytest.param({"layers": "stances"}, True, id="only stances"),
        pytest.param({"pairs": "own"}, False, id="the model's own stances are wanted"),
        pytest.param({"layers": "entities,quotes"}, False, id="no stances"),
    ],
)
def test_pairs_are_asked_for_only_where_that_is_wanted(server: Server, options: dict[str, str], asks: bool) -> None:
    assert isinstance(asked(server, **options), PairLabeler) is asks


def test_a_run_has_the_labels_beside_the_annotations(server: Server) -> None:
    server.replies = [good, labelled(p1="favor", p2="against", p3="neutral")]
    (made,) = run_jobs(asked(server), [Job(Article(id="a", text=TEXT), PAIRS)])
    assert made.given is not None
    assert [(s.holder, s.target, s.label) for s in made.given["stances"]] == [
        ("ida-moen", "topic:port-plan", "favor"),
        ("sand", "ida-moen", "against"),
        ("author", "sand", "neutral"),
    ]
    # A gold id says nothing about what the model found itself.
    assert [s.target for s in made.annotations.stances or ()] == ["topic:port-plan"]


def test_tokens_and_cost_of_both_requests_are_in_the_prediction(server: Server) -> None:
    server.replies = [good, labelled(p1="favor", p2="against")]
    (made,) = run_jobs(asked(server, price_in="2", price_out="5"), [Job(Article(id="a", text=TEXT), PAIRS)])
    spent = {name: made.usage[name] for name in ("requests", "prompt_tokens", "completion_tokens", "cost")}
    # Twice 100 · 2 / 10⁶ + 10 · 5 / 10⁶
    assert spent == {"requests": 2, "prompt_tokens": 200, "completion_tokens": 20, "cost": 0.0005}
    assert made.usage["unlabelled_pairs"] == 1
    assert made.given is not None
    assert made.given["stances"][2].label == ""


def test_a_prompt_file_is_what_is_sent(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('system = "Be brief. $layers"\npairs = "Who likes whom? $pairs"\n', encoding="utf-8")
    server.replies = [labelled(p1="favor")]
    label(server, prompt=str(path), pairs=PAIRS[:1])
    system = server.requests[0]["messages"][0]["content"]
    assert system == 'Be brief. Who likes whom? 1. holder: "Ida Moen" or "Moen"; target: "port plan"'
    shipped, own = asked(server), asked(server, prompt=str(path))
    assert own.fingerprint() != shipped.fingerprint()
    assert own.facts()["prompt"] != shipped.facts()["prompt"]


# Long articles.


def by_words(handler: Handler, body: Row) -> None:
    """Favor where the text has `good`, against where it has `bad`, for each pair that is asked about."""
    system, text = (message["content"] for message in body["messages"])
    numbers = re.findall(r"^(\d+)\. holder", system, re.M)
    said = "favor" if "good" in text else "against" if "bad" in text else "neutral"
    handler.say(completion(json.dumps({"stances": [{"pair": int(n), "label": said} for n in numbers]})))


def test_a_long_article_is_asked_about_where_it_names_the_pair(server: Server) -> None:
    server.replies = [by_words]
    text = "Moen is good. " * 3 + "\n" + "Sand is bad. " * 3 + "\n" + "Nobody knows. " * 3
    pairs = [
        pair("x", "moen", ["X"], ["Moen"]),
        pair("x", "sand", ["X"], ["Sand"]),
        pair("sand", "topic:bridge", ["Sand"], ["bridge"]),
        pair("x", "nobody", [], ["Nemo"]),
    ]
    assert label(server, text, pairs, window="45", overlap="0") == ["favor", "against", "against", "favor"]
    # The last part names none of them.
    assert len(server.requests) == 2


def test_pairs_are_shared_out() -> None:
    pairs = [pair("a", "b", ["Ann"], ["Bo"]), pair("a", "c", ["Ann"], ["Cy"]), pair("d", "e")]
    shares = share_out(pairs, ["ANN and bo.", "Bo, Ann.", "Ann."])
    # Bo is in two; of Cy there is nothing, so it is where Ann is; of the last there is nothing at all.
    assert [sorted(share) for share in shares] == [[1, 2, 3], [1, 2], [2]]


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        pytest.param([], "", id="no votes"),
        pytest.param(["neutral", "neutral", "against"], "against", id="a side goes before none"),
        pytest.param(["favor", "against", "favor"], "favor", id="most"),
        pytest.param(["favor", "against"], "neutral", id="equal"),
    ],
)
def test_votes(votes: list[str], expected: str) -> None:
    assert elected(votes) == expected
