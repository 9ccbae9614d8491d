"""An explanation in words: marks in the text, what is wrong pair by pair, and what is left out of either."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console

from evalkit.analysis.explain import Explanation, explain_pair
from evalkit.records import Annotations, Article, Entity, Quote, Span, Zone
from evalkit.report.document import Lines, Mark, MarkedArticle, Table
from evalkit.report.forms.terminal import print_document, render_terminal
from evalkit.report.of.explanation import document
from evalkit.report.render import render_report
from evalkit.scoring.pairs import Pair

TEXT = "Talks fail\nIda Moen left Oslo for Bergen on Monday.\nJo stayed."
ZONES = (Zone("headline", 0, 11), Zone("body", 11, len(TEXT)))


def entities(*named: tuple[str, str], **more: object) -> Annotations:
    items = []
    for number, (words, label) in enumerate(named):
        start = TEXT.index(words)
        items.append(Entity(id=f"e{number}", spans=(Span(start, start + len(words)),), label=label))
    return Annotations(entities=tuple(items), **more)  # type: ignore[arg-type]


def explained(gold: Annotations, predicted: Annotations, **options: object) -> Explanation:
    pair = Pair(Article(id="a", text=TEXT, zones=ZONES), gold, predicted)
    return explain_pair(pair, run="r", **{"conventions": ("exact", "partial"), **options})  # type: ignore[arg-type]


GOLD = entities(("Ida Moen", "PER"), ("Oslo", "GPE"), ("Bergen", "GPE"), ("Jo", "PER"))
FOUND = entities(("Moen", "PER"), ("Oslo", "ORG"), ("Monday", "ORG"), ("Jo", "PER"))


def marked(explanation: Explanation) -> list[str]:
    block = document(explanation).blocks[0]
    assert isinstance(block, MarkedArticle)
    lines = []
    for _, start, end in block.zones:
        words = ""
        for step in block.steps(start, end):
            words += step.text + ("" if step.mark is None else "[" if step.opens else f"]{step.mark.label}")
        lines.append(words.rstrip("\n"))
    return lines


def test_marks_stand_in_the_text_with_what_became_of_them():
    assert marked(explained(GOLD, FOUND)) == [
        "Talks fail",
        "[Ida [Moen]PER:predicted]PER:gold left [Oslo]GPE→ORG for [Bergen]GPE:missed on [Monday]ORG:spurious.\n[Jo]PER"
        " stayed.",
    ]


def test_the_table_has_what_is_wrong_gold_beside_predicted():
    table = document(explained(GOLD, FOUND)).tables[0]
    assert table.title == "entities · 4 gold, 4 predicted: 1 right, 1 label, 1 boundary, 1 missed, 1 spurious"
    # Half a credit for another boundary under partial; for another label its boundary is right: a whole one.
    assert [(row[0], row[1], row[2], row[4]) for row in table.rows] == [
        ("boundary", "PER Ida Moen", "PER Moen", "partial 0.5"),
        ("label", "GPE Oslo", "ORG Oslo", "partial 1"),
        ("missed", "GPE Bergen", "–", "–"),
        ("spurious", "–", "ORG Monday", "–"),
    ]
    assert table.rows[0][3] == "11-19 15-19"
    assert "1 pair is right under every convention, and only in the text" in table.caption


def test_what_is_right_but_not_under_every_convention_is_in_the_table():
    names = ("exact", "boundary", "partial", "type", "fuzzy")
    gold = entities(("Ida Moen", "PER"), ("Ida", "LOC"))
    _, right = sorted(document(explained(gold, entities(("Ida Moen", "PER")), conventions=names)).tables[0].rows)
    assert (right[0], right[1], right[4]) == ("right", "PER Ida Moen", "all but fuzzy 0")


def test_roles_are_told_where_they_tell_two_apart():
    content, cue = Span(11, 19), Span(20, 24)
    gold = Quote(id="q", kind="direct", content=(content,), cue=(cue,), speaker=Span(52, 54))
    found = replace(gold, speaker=Span(25, 29))
    pair = explained(Annotations(quotes=(gold,)), Annotations(quotes=(found,)), conventions=("exact",))
    (row,) = document(pair).tables[0].rows
    assert row[:3] == ("speaker", "direct Ida Moen (speaker: Jo)", "direct Ida Moen (speaker: Oslo)")
    assert marked(pair)[1].startswith("[Ida Moen]direct:speaker left")


def test_a_place_shows_its_lines_and_every_item_there():
    asked = explained(GOLD, FOUND, places=((52, 54),))
    assert marked(asked) == ["[Jo]PER stayed."]
    (row,) = document(asked).tables[0].rows
    assert row[:3] == ("right", "PER Jo", "PER Jo")


def test_a_mark_that_cannot_be_drawn_is_counted_and_in_the_table():
    crossing = document(explained(entities(("Ida Moen left", "PER")), entities(("left Oslo", "PER"))))
    assert crossing.notes == ("1 mark crosses others or a zone and is left out of the text; the tables have all",)
    assert crossing.tables[0].rows[0][1:3] == ("PER Ida Moen left", "PER left Oslo")


def test_an_article_on_which_the_extractor_failed_says_so():
    failed = replace(explained(GOLD, entities()), error="ValueError: no\nidea")
    assert document(failed).notes[0] == "the extractor failed on this article: ValueError: no idea"


def test_a_layer_without_items_is_named():
    empty = document(explained(entities(), entities()))
    assert isinstance(empty.blocks[-1], Lines)
    assert empty.blocks[-1].lines[0].text == "entities: no gold or predicted item is there"
    assert not [block for block in empty.blocks if isinstance(block, Table)]


def test_every_form_says_the_same():
    explanation = explained(GOLD, FOUND)
    for words in ("PER:gold", "GPE→ORG", "GPE:missed", "ORG:spurious", "1 boundary"):
        for form in ("markdown", "html"):
            assert words in render_report(explanation, form)
        assert words in render_terminal(document(explanation), width=200)
    stored = explanation.to_json()
    assert (stored["text"], stored["zones"][0]) == (TEXT, ("headline", 0, 11))
    assert [item["item"]["kind"] for item in stored["layers"][0]["items"]].count("boundary") == 2


def test_wrong_marks_have_colours_of_their_own_and_the_text_around_has_none():
    out = io.StringIO()
    gold, found = entities(("Oslo", "GPE"), ("Bergen", "GPE")), entities(("Oslo", "GPE"))
    console = Console(file=out, force_terminal=True, color_system="standard", width=100)
    print_document(document(explained(gold, found)), console)
    line = next(line for line in out.getvalue().splitlines() if "Oslo" in line)
    grey, green, red, plain = "\x1b[2m", "\x1b[32m", "\x1b[1;31m", "\x1b[0m"
    assert line == (
        f"Ida Moen left {grey}[{plain}{green}Oslo{plain}{grey}]{plain}{grey}GPE{plain} for "
        f"{grey}[{plain}{red}Bergen{plain}{grey}]{plain}{red}GPE:missed{plain} on Monday."
    )


def test_html_tells_marks_apart_without_colour():
    html = render_report(explained(GOLD, FOUND), "html")
    assert (
        '<mark class="wrong">[Ida <mark class="wrong">[Moen]<sub>PER:predicted</sub></mark>]<sub>PER:gold</sub>' in html
    )
    assert '<mark class="missed">[Bergen]<sub>GPE:missed</sub></mark>' in html
    assert '<mark class="spurious">[Monday]<sub>ORG:spurious</sub></mark>' in html
    assert '<mark class="right">[Jo]<sub>PER</sub></mark>' in html
    # Each has a line and a sign of its own, and brackets, as the key says.
    assert len(set(re.findall(r"\.(?:right|missed|spurious|wrong)>sub::before\{(content:[^}]*)", html))) == 4
    assert "[…]PER: right" in html
    assert "<li></li>" not in html
    assert '<span class="faint"></span>' not in html


def test_marks_over_the_same_words_nest_by_layer_wherever_they_stand():
    marks = [
        (0, 4, "direct", "quotes"),
        (0, 4, "against", "stances"),
        (5, 9, "neutral", "stances"),
        (5, 9, "direct", "quotes"),
    ]
    block = MarkedArticle(text="Jo X said Y", marks=tuple(Mark(*one) for one in marks))
    opened = [step.mark.layer for step in block.steps(0, 11) if step.mark is not None and step.opens]
    assert opened == ["quotes", "stances"] * 2
