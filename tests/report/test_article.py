"""An article with what was found in it, for a terminal."""

from __future__ import annotations

from evalkit.records import AUTHOR, Annotations, Article, Category, Entity, Example, Quote, Span, Stance, Zone
from evalkit.report.document import MarkedArticle
from evalkit.report.forms.terminal import render_terminal
from evalkit.report.of.article import document

TEXT = "Port closes\n“No,” said Ida Moen of the Oslo City Council.\nShare"


def at(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


def entity(words: str, label: str, name: str | None = None) -> Entity:
    return Entity(id=words, spans=(at(words),), label=label, entity_id=name)


ARTICLE = Article(
    id="port",
    text=TEXT,
    zones=(Zone("headline", 0, 11), Zone("body", 12, len(TEXT) - 6), Zone("boilerplate", len(TEXT) - 5, len(TEXT))),
)


def shown(found: Annotations, article: Article = ARTICLE, width: int = 100) -> str:
    return render_terminal(document(Example(article=article, gold=found)), width=width)


def test_zones_and_nested_entities():
    out = shown(
        Annotations(
            entities=(
                entity("Ida Moen", "PER", "moen"),
                entity("Oslo City Council", "ORG"),
                entity("Oslo", "GPE"),
            )
        )
    )
    assert out.split() == [
        "port",
        "headline",
        "Port",
        "closes",
        "body",
        "“No,”",
        "said",
        "[Ida",
        "Moen]PER",
        "of",
        "the",
        "[[Oslo]GPE",
        "City",
        "Council]ORG.",
        "boilerplate",
        "Share",
    ]


def test_two_labels_on_one_span():
    # Nested by name, so that the order of the mentions does not show.
    assert "[[Oslo]ORG]GPE" in shown(Annotations(entities=(entity("Oslo", "ORG"), entity("Oslo", "GPE"))))


def test_a_crossing_mention_leaves_the_text_readable():
    crossing = Entity(id="x", spans=(Span(at("Moen").start, at("Oslo City").end),), label="ORG")
    out = shown(Annotations(entities=(entity("Ida Moen", "PER"), crossing)))
    assert "[Ida Moen]PER of the Oslo City Council" in out
    assert "! port: 1 item crosses others or the bounds of a zone and cannot be marked" in out


def test_quotes_with_speakers_and_without():
    quotes = (
        Quote(
            id="q1", kind="direct", content=(at("“No,”"),), cue=(at("said"),), speaker=at("Ida Moen"), speaker_id="moen"
        ),
        Quote(id="q2", kind="indirect", content=(at("Port closes"),)),
    )
    lines = [line.rstrip() for line in shown(Annotations(quotes=quotes)).splitlines()]
    assert "2 quotes" in lines
    assert "  Ida Moen (moen) said [direct] “No,”" in lines
    assert "  ? – [indirect] Port closes" in lines


def test_stances_by_name():
    found = Annotations(
        entities=(entity("Moen", "PER", "moen"), entity("Ida Moen", "PER", "moen")),
        stances=(
            Stance(id="s1", holder="moen", target="topic:port-plan", label="against", evidence=(at("“No,”"),)),
            Stance(id="s2", holder=AUTHOR, target="unheard", label="favor"),
        ),
    )
    lines = [line.rstrip() for line in shown(found).splitlines()]
    assert "  Ida Moen → port plan against  “No,”" in lines
    assert "  the author → unheard favor" in lines


def test_a_layer_without_places_is_listed():
    lines = shown(Annotations(categories=(Category(id="c1", label="politics"),))).splitlines()
    assert lines[-3:] == ["1 category", "  politics", ""]


def test_marks_keep_their_offsets_whatever_stands_in_the_text():
    text = "a\x1b\r\nb\u202e Oslo"
    mark = Entity(id="e1", spans=(Span(7, 11),), label="GPE")
    (block,) = document(Example(article=Article(id="x", text=text), gold=Annotations(entities=(mark,)))).blocks
    assert isinstance(block, MarkedArticle)
    assert [block.text[mark.start : mark.end] for mark in block.marks] == ["Oslo"]


def test_rows_hold_every_item():
    quote = Quote(id="q1", kind="direct", content=(at("“No,”"),), cue=(at("said"),), speaker=at("Ida Moen"))
    rows = document(Example(article=ARTICLE, gold=Annotations(entities=(entity("Oslo", "GPE"),), quotes=(quote,)))).rows
    assert [(row["layer"], row["label"], row["start"], row["text"]) for row in rows] == [
        ("entities", "GPE", TEXT.index("Oslo"), "Oslo"),
        ("quotes", "direct", TEXT.index("“No"), "“No,”"),
    ]
    assert rows[1]["speaker"] == "Ida Moen"


def test_layers_that_are_not_claimed_are_not_shown():
    out = shown(Annotations(entities=()))
    assert "quotes" not in out
    assert "stances" not in out


def test_an_article_without_zones_and_with_markup():
    article = Article(id="x", text="[bold]Ida[/bold] :smile: left")
    assert "[bold]Ida[/bold] :smile: left" in shown(Annotations(), article)
