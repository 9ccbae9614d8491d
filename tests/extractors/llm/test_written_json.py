"""What models write around and in place of JSON: read as a reader would, or refused with what was seen."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError
from evalkit.extractors.llm.schema import json_object
from evalkit.extractors.llm.written_json import read_written

ANSWER = {"entities": [{"text": "Ola Brun", "label": "PER"}], "quotes": []}
OTHER = {"entities": [], "quotes": []}
A, B = json.dumps(ANSWER), json.dumps(OTHER)
LAYERS = ["entities", "quotes"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(A, id="bare"),
        pytest.param(f"Sure, {{a, b}}:\n```json\n{A}\n```\nAnything {{else}}?", id="fence and talk"),
        pytest.param(f"<think>{B}</think>{A}", id="think"),
        pytest.param(f"{B} hm </think>\n{A}", id="think that only closes"),
        pytest.param(f"{A}\n<thinking>{B}</thinking>", id="thinking behind it"),
        pytest.param(f"<reasoning>{B}</reasoning>{A}<reflection>{B}", id="several kinds, the last one open"),
        pytest.param(f"<think>a <think>{B}</think> {B}</think>{A}", id="nested"),
        pytest.param(f"[THINK]{B}[/THINK]{A}", id="in brackets"),
        pytest.param(f"◁think▷{B}◁/think▷{A}", id="in triangles"),
        pytest.param(f"<|START_THINKING|>{B}<|END_THINKING|>{A}", id="start and end"),
        pytest.param(
            f"<|channel|>analysis<|message|>{B}<|end|><|start|>assistant<|channel|>final<|message|>{A}<|return|>",
            id="channels",
        ),
        pytest.param(f"analysisWell, {B}.assistantfinal{A}", id="channels without their marks"),
        pytest.param(f"{A}\n{A}", id="twice"),
        pytest.param(f"First: {B}. Better: {A}", id="the last of two"),
        pytest.param(json.dumps({"name": "annotate", "arguments": A}), id="a tool call in words"),
        pytest.param(json.dumps({"answer": {"result": ANSWER}}), id="wrapped twice"),
        pytest.param(json.dumps([ANSWER]), id="in a list"),
        pytest.param('{"quotes": []}' + json.dumps({"entities": ANSWER["entities"]}), id="an object for each layer"),
        pytest.param('{"a": 1 "b": 2} ' + A, id="behind a broken one"),
        pytest.param(A.replace("}]", "},]").replace("[]}", "[],}"), id="commas behind the last"),
        pytest.param("{ // people\n" + A[1:].replace("[]", "[ /* none */ ]"), id="comments"),
        pytest.param(repr(ANSWER), id="Python"),
        pytest.param(A.replace('"', "“", 1).replace('"', "”", 1), id="one curly key"),
        pytest.param("{“entities”: [{“text”: “Ola Brun”, “label”: “PER”}], “quotes”: []}", id="curly marks"),
    ],
)
def test_what_a_reader_would_understand(content: str) -> None:
    answer = json_object(content, LAYERS)[0]
    assert {layer: answer[layer] for layer in LAYERS} == ANSWER


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        pytest.param(A, {}, id="JSON"),
        pytest.param(A + A, {}, id="the same twice"),
        pytest.param(B + A, {"superseded_answers": 1}, id="two that differ"),
        pytest.param(A[:-1] + ",}", {"mended_answers": 1}, id="mended"),
    ],
)
def test_what_was_remarkable_is_counted(content: str, counts: dict[str, int]) -> None:
    assert json_object(content, LAYERS) == (ANSWER, counts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "it wrote nothing$", id="nothing"),
        pytest.param("I cannot.", "no JSON object; it wrote 'I cannot.'", id="prose"),
        pytest.param(f"<think>{A}", "nothing but reasoning that is not closed", id="reasoning without an end"),
        pytest.param(f"<think>{A}</think>", "nothing but reasoning: '<think>", id="nothing but reasoning"),
        pytest.param(A[:-3], "not complete", id="cut in a list"),
        pytest.param(A[:30], "not complete", id="cut in a string"),
        pytest.param(f"{B}\n{A[:-3]}", "not complete", id="a draft, and the answer cut"),
        pytest.param(f'{A}\n{{"a": 1 "b": 2}}', "no JSON: Expecting", id="an answer, and a broken one behind it"),
        pytest.param('{"entities": [...]}', "no JSON", id="an ellipsis"),
    ],
)
def test_what_nobody_can_read(content: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        json_object(content, LAYERS)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param('{"c": [""We won," she said."], "d": "x",}', {"c": ['"We won," she said.'], "d": "x"}, id="marks"),
        pytest.param("{'c': 'It's fine', 'd': 'x'}", {"c": "It's fine", "d": "x"}, id="an apostrophe"),
        pytest.param(r'{"c": "\u2019\ud83d\ude00\n\"a\"", }', {"c": '’😀\n"a"'}, id="escapes"),
        pytest.param("{'a': True, 'b': None, c: -1.5e1}", {"a": True, "b": None, "c": -15.0}, id="words of Python"),
    ],
)
def test_strings_that_are_mended(content: str, expected: dict[str, Any]) -> None:
    (found,) = read_written(content).objects
    assert found == expected


def test_items_alone_are_the_list_that_was_asked_for() -> None:
    assert json_object(json.dumps(ANSWER["entities"]), ["entities"])[0] == {"entities": ANSWER["entities"]}
    assert json_object("[]", ["entities"])[0] == {"entities": []}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=3), st.booleans())
def test_json_is_read_as_what_it_is(value: dict[str, Any], ascii_only: bool) -> None:
    found = read_written(json.dumps(value, ensure_ascii=ascii_only))
    assert (found.objects, found.mended) == ((value,), False)


@given(st.text(alphabet="{}[]\":,'“”<>/thinkabc \n", max_size=40))
def test_nothing_but_a_format_error_comes_out(content: str) -> None:
    with contextlib.suppress(FormatError):
        read_written(content)
