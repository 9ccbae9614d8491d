"""`quote-base`: the shipped network on raw text, and that nothing beside an article changes its result."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import ExtractorError
from evalkit.extractors.shipped.quotes import quote_base as quote_module
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.records import Article, Quote

MODEL = Path(quote_module.__file__).parent.parent / "models" / "quote-base"

STORY = (
    "Harbour talks resume in Bergen\n\n"
    "“Nobody wins,” Ida Moen, a lawyer for the Harbour Union, told reporters on Monday. She said that talks could "
    "resume on Friday, but warned it would take weeks.\n\n"
    "The company, according to Erik Sand, has no money left.\n"
)


@lru_cache(maxsize=1)
def shipped() -> QuoteExtractor:
    return QuoteExtractor()


def quotes(text: str) -> tuple[Quote, ...]:
    (found,) = shipped().extract([Article(id="a", text=text)])
    return found.quotes or ()


def shown(text: str) -> list[tuple[str, str, str, str | None]]:
    def words(spans: tuple[tuple[int, int], ...]) -> str:
        return " | ".join(text[start:end] for start, end in spans)

    return [
        (words(q.content), words(q.cue), words((q.speaker,) if q.speaker else ()), q.speaker_id) for q in quotes(text)
    ]


def test_direct_indirect_and_according_to() -> None:
    found = shown(STORY)
    assert ("“Nobody wins,”", "told", "Ida Moen", "ida-moen") in found
    assert ("that talks could resume on Friday", "said", "She", "ida-moen") in found
    assert any(cue == "according to" and speaker == "Erik Sand" for _, cue, speaker, _ in found)


@pytest.mark.parametrize(("opening", "closing"), ["“”", '""', "«»", "„“", ("``", "''"), "‘’"])
def test_quotation_marks_of_every_style(opening: str, closing: str) -> None:
    text = f"{opening}The bridge is safe and will open on Monday,{closing} said Ida Moen, the mayor."
    ((content, cue, speaker, _),) = shown(text)
    assert content == f"{opening}The bridge is safe and will open on Monday,{closing}"
    assert (cue, speaker) == ("said", "Ida Moen")


def test_a_quotation_over_paragraphs_is_one_quote() -> None:
    text = (
        "“We asked for help in May,” said Ida Moen. “Nobody came.\n\n"
        "“In June we asked again, and then we left.”\n\nThe council met on Friday.\n"
    )
    (quote,) = quotes(text)
    assert [text[start:end] for start, end in quote.content] == [
        "“We asked for help in May,”",
        "“Nobody came.",
        "“In June we asked again, and then we left.”",
    ]


PARTS = [
    "“",
    "”",
    '"',
    "``",
    "''",
    "said",
    "that",
    "Ida Moen",
    "she",
    ".",
    ",",
    "\n\n",
    ":",
    "according to",
    "İ",
    "\x00",
]


@settings(max_examples=25)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=25).map(" ".join))
def test_spans_fit_any_text(text: str) -> None:
    for quote in quotes(text):
        for start, end in (*quote.content, *quote.cue, *([quote.speaker] if quote.speaker else [])):
            assert 0 <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()
        assert list(quote.content) == sorted(quote.content)


def test_a_long_article_is_read_to_its_end() -> None:
    filler = "The committee spent the morning on the budget and put off its vote until the spring.\n\n" * 150
    text = filler + "“This is the end of the road,” said Ida Moen.\n"
    assert ("“This is the end of the road,”", "said", "Ida Moen", "ida-moen") in shown(text)


def test_neighbours_order_and_threads_change_nothing() -> None:
    articles = [Article(id=str(k), text=text) for k, text in enumerate([STORY, "Norway.", "", STORY * 2])]
    alone = [shipped().extract([article])[0] for article in articles]
    assert list(shipped().extract(articles)) == alone
    assert list(QuoteExtractor(threads=2).extract(articles[::-1])) == alone[::-1]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match=r"no model\.onnx, quote\.json there"):
        QuoteExtractor(tmp_path)


def test_fingerprint_follows_the_settings(tmp_path: Path) -> None:
    copied = shutil.copytree(MODEL, tmp_path / "copy")
    assert QuoteExtractor(copied).fingerprint() == shipped().fingerprint()
    config = copied / "quote.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"size": 1', '"size": 2'), encoding="utf-8")
    assert QuoteExtractor(copied).fingerprint() != shipped().fingerprint()


def test_importing_is_cheap() -> None:
    code = (
        "import sys; import evalkit.extractors.shipped.news; "
        "print({'numpy', 'onnxruntime', 'tokenizers', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
