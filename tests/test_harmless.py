from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.harmless import (
    BuildOrder,
    clean,
    clean_output,
    clean_text,
    json_text,
    markdown_code,
    markdown_text,
    one_line,
    shortened,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ida\nMoen\t", "Ida Moen ", id="white-space"),
        pytest.param("a\x1b[31mred", "a�[31mred", id="terminal-escape"),
        pytest.param("a\x9b31mred", "a�31mred", id="terminal-escape-in-one-character"),
        pytest.param("abc\u202edef", "abc�def", id="turned-direction"),
        pytest.param("abc\u2067def\u2069", "abc�def�", id="isolated-direction"),
        pytest.param("one\u2028two\u0085three\rfour", "one two three four", id="line-breaks-of-all-kinds"),
        pytest.param("Łódź 🚢", "Łódź 🚢", id="letters-of-all-kinds"),
        pytest.param("👩\u200d🚀 می\u200cروم", "👩\u200d🚀 می\u200cروم", id="joiners-belong-to-words"),
        pytest.param("12\u00a0000", "12 000", id="a-space-that-does-not-break"),
        pytest.param("\x00", "�", id="null"),
        pytest.param("a\u200db \u200d", "a�b �", id="joiners-elsewhere-do-not"),
        pytest.param(
            "❤\ufe0f 1\ufe0f\u20e3 葛\U000e0100", "❤\ufe0f 1\ufe0f\u20e3 葛\U000e0100", id="selectors-in-place"
        ),
        pytest.param("a\ufe0f❤\ufe0f\ufe0fb\U000e0100", "a�❤\ufe0f�b�", id="selectors-elsewhere"),
        pytest.param("a\U000e0041\u200b\u3164\u2060", "a����", id="what-cannot-be-seen"),
        pytest.param("\ue000\uffff", "��", id="no-character-of-everybody"),
        pytest.param("שלום أهلاً ١٢", "שלום أهلاً ١٢", id="letters-from-right-to-left"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_offsets_stay(text: str) -> None:
    assert len(clean_text(text)) == len(clean(text)) == len(text)
    assert clean(clean(text)) == clean(text)
    assert clean_text(text).count("\n") == text.count("\n")


def test_what_is_laid_out_keeps_its_spaces() -> None:
    assert clean_output("a\u00a0b\tc\r\nd\re\u3000f\u2028g") == "a\u00a0b\tc\r\nd e\u3000f g"


@given(st.text(st.characters(codec="utf-8")))
def test_json_holds_the_same(text: str) -> None:
    written = json_text(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    assert clean_output(written) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("\x9b\u202e", r"\u009b\u202e", id="what-steers"),
        pytest.param("\U000e0041", r"\udb40\udc41", id="in-two-halves"),
        pytest.param("a\udc80b", r"a\ufffdb", id="half-a-character"),
        pytest.param(
            "##[error]x ##vso[y] ## z", r"#\u0023[error]x #\u0023vso[y] ## z", id="an-order-to-a-build-server"
        ),
        pytest.param("Åse 12\u00a0000 👩\u200d🚀", "Åse 12\u00a0000 👩\u200d🚀", id="nothing-else"),
    ],
)
def test_json_text(text: str, expected: str) -> None:
    assert json_text(text) == expected


def test_one_line_has_single_spaces() -> None:
    assert one_line("Ida\n  Moen\t") == "Ida Moen"


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
        pytest.param("WWW.example.com", "WWW.", id="bare-address-in-capitals"),
        pytest.param("ida@example.com", "@example", id="mail"),
        pytest.param("costs $5 and $6", " $5", id="formula"),
        pytest.param("~~no~~", "~~", id="struck-out"),
        pytest.param("see GH-12", "GH-12", id="issue-by-name"),
        pytest.param("ida@my_port.example", "@my", id="mail-with-markup"),
        pytest.param("[^1]", "[^1]", id="footnote"),
        pytest.param("<https://example.com>", "://", id="address-in-brackets"),
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
        pytest.param("# head", "\\# head", id="heading"),
        pytest.param("C# 8 ##", "C\\# 8 \\#\\#", id="end-of-a-heading"),
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


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("article " + "i" * 100_000 + ": no text", 200 + 16),
        ("label '" + "a b " * 15_000 + "' is unknown", 200 + 17),
        ("a plain message, 'with a name', of several words", 48),
    ],
)
def test_names_in_messages_are_no_longer_than_people_read(text: str, size: int) -> None:
    short = shortened(text)
    assert len(short) == size
    assert (short[:6], short[-4:]) == (text[:6], text[-4:])


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (BuildOrder(kind="error", message="no"), "::error::no"),
        (BuildOrder(kind="error", message="no", file="a/b.json", line=3), "::error file=a/b.json,line=3::no"),
        (
            BuildOrder(kind="error", message="50 %\n::error::x", file="a:b,c"),
            "::error file=a%3Ab%2Cc::50 %25 ::error::x",
        ),
        (BuildOrder(kind="error", message="##[error]x", title="a\r\n::b"), "::error title=a %3A%3Ab::#\\#[error]x"),
    ],
)
def test_an_order_for_a_build_server_is_one_line(order: BuildOrder, text: str):
    assert order.text == text
