from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.report.plain_text import markdown_code, markdown_text, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ida\n Moen\t", "Ida Moen", id="white-space"),
        pytest.param("a\x1b[31mred", "a�[31mred", id="terminal-escape"),
        pytest.param("abc\u202edef", "abc�def", id="turned-direction"),
        pytest.param("Łódź 🚢", "Łódź 🚢", id="letters-of-all-kinds"),
        pytest.param("\x00", "�", id="null"),
    ],
)
def test_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_a_long_text_loses_its_middle() -> None:
    # 10 characters: 6 of the beginning, the mark, 3 of the end.
    assert one_line("abcdefghijklmnop", 10) == "abcdef…nop"


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
