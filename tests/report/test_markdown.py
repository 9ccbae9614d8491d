from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.report.forms.markdown import markdown_code, markdown_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("@octocat", "`@octocat`", id="a-mention-is-dead-in-code"),
        pytest.param("<b>x</b>", "`<b>x</b>`", id="html"),
        pytest.param("a `b` c", "``a `b` c``", id="ticks-inside"),
        pytest.param("`a", "`` `a ``", id="tick-at-the-edge"),
        pytest.param("a `` ` b", "```a `` ` b```", id="longer-fence"),
        pytest.param(" \n", "—", id="nothing"),
    ],
)
def test_code(text: str, expected: str) -> None:
    assert markdown_code(text) == expected


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        pytest.param("ask @octocat", "@octocat", id="mention"),
        pytest.param("see #12", "#12", id="issue"),
        pytest.param("go to https://example.com", "://", id="address"),
        pytest.param("www.example.com", "www.", id="bare-address"),
        pytest.param("<script>", "<script>", id="html"),
        pytest.param("a | b", " | ", id="table-cell"),
        pytest.param("[x](y)", "[x](y)", id="link"),
        pytest.param("![x](y)", "![x]", id="image"),
        pytest.param("&lt;b&gt;", "&lt;", id="entity"),
        pytest.param("WWW.example.com", "WWW.", id="bare-address-in-capitals"),
        pytest.param("ida@example.com", "@example", id="mail"),
        pytest.param("costs $5 and $6", " $5", id="formula"),
        pytest.param("~~no~~", "~~", id="struck-out"),
    ],
)
def test_words_stay_dead(text: str, dead: str) -> None:
    assert dead not in markdown_text(text)


@given(st.text())
def test_a_code_span_cannot_be_left(text: str) -> None:
    code = markdown_code(text)

    fence = len(code) - len(code.lstrip("`"))
    runs = "".join(character if character == "`" else " " for character in code[fence : len(code) - fence]).split()
    assert "\n" not in code
    assert all(len(run) != fence for run in runs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("- [x] done", "\\- \\[x\\] done", id="list"),
        pytest.param("1. first", "1\\. first", id="numbered-list"),
        pytest.param("=====", "\\=====", id="underline"),
        pytest.param("-0.250", "-0.250", id="a-number-is-none"),
        pytest.param("1.5", "1.5", id="nor-is-this"),
        pytest.param("gold@1a2b3c4", "gold@1a2b3c4", id="a-fingerprint-is-no-mention"),
    ],
)
def test_what_begins_a_line(text: str, expected: str) -> None:
    assert markdown_text(text) == expected


@given(st.text())
def test_words_are_one_paragraph_of_text(text: str) -> None:
    """Whatever it is, a reader of Markdown finds words in it and nothing else."""
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("strikethrough").render(markdown_text(text))
    assert set(re.findall(r"<(\w+)", html)) <= {"p"}
