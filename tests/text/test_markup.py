"""Pages of HTML, and texts that hold tags."""

from __future__ import annotations

import pytest

from evalkit.records import Article
from evalkit.text.markup import markup_notes, page_tag, tags_in


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        pytest.param("<!DOCTYPE html>\n<html><body>Moen</body></html>", "<!DOCTYPE html>", id="doctype"),
        pytest.param("\ufeff\n <html lang='no'>Moen", "<html lang='no'>", id="mark, blank and attributes"),
        pytest.param("<!-- saved\nfrom -->\n<BODY>Moen", "<BODY>", id="behind a comment"),
        pytest.param("<p>Moen left.</p>", "<p>", id="a piece of a page"),
        pytest.param('<?xml version="1.0"?><nitf/>', '<?xml version="1.0"?>', id="XML"),
        pytest.param("Moen left Oslo.", "", id="a text"),
        pytest.param("<Moen> wrote: 1 < 2", "", id="angles"),
        pytest.param("<photo> of Moen", "", id="no tag of HTML"),
        pytest.param("A page begins with <html>, said Moen.", "", id="a text about HTML"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_pages(text: str, tag: str) -> None:
    assert page_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        pytest.param("Moen <b>left</B> Oslo.", ["</B>"], id="a pair"),
        pytest.param("Moen <a href='x'>left</a> <i>Oslo</i>.", ["</a>", "</i>"], id="two pairs"),
        pytest.param("He wrote </b> and <br>.", [], id="no pair"),
        pytest.param("x </ 3", [], id="no tag"),
    ],
)
def test_tags(text: str, tags: list[str]) -> None:
    assert tags_in(text) == tags


def test_a_note_counts_the_articles() -> None:
    texts = {"a": "Moen left.", "b": "<p>Moen</p>", "c": "Moen <b>left</b>."}
    articles = [Article(id=name, text=text) for name, text in texts.items()]
    (note,) = markup_notes(articles)
    assert note.startswith("2 articles hold HTML, whose tags are read as words: <p> in b;")
    assert markup_notes(articles[:1]) == []
