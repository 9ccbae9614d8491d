"""`ner-base`: what it finds, exact offsets, and that nothing beside an article changes its result."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor
from evalkit.extractors.shipped import ner, tagging
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.records import Article, Entity, Zone
from evalkit.text import windows

MODEL = Path(ner.__file__).parent / "models" / "ner-base"

STORY = (
    "Harbour talks resume in Bergen\n\n"
    "By Ida Moen, Nordlys Post\n\n"
    "OSLO (Reuters) - Ida Moen, a lawyer for Baltic Grid Operators, said on Monday that Norway and Poland would meet "
    "again. "
    "“Nobody wins,” Moen told the European Commission.\n\n"
    "Polish officials declined to comment.\n\n"
    "Read Nordlys Post on Facebook\n"
)


@lru_cache(maxsize=1)
def shipped() -> NerExtractor:
    return NerExtractor()


def entities(text: str, *, zones: tuple[Zone, ...] = ()) -> tuple[Entity, ...]:
    (found,) = shipped().extract([Article(id="a", text=text, zones=zones)])
    return found.entities or ()


def surfaces(text: str, **options: tuple[Zone, ...]) -> set[tuple[str, str]]:
    return {(text[e.spans[0].start : e.spans[0].end], e.label) for e in entities(text, **options)}


# Scores of a long text.


def test_a_word_is_read_where_it_has_most_context() -> None:
    # A network that tells each piece how many pieces its window has before and after it.
    def score(pieces: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        length = pieces.shape[1]
        place = np.arange(length, dtype=np.float32)
        return np.stack([np.minimum(place, length - 1 - place), np.zeros(length, dtype=np.float32)], axis=1)[None]

    text = " ".join(["and"] * 60)
    words = windows.find_words(text)
    tokenizer = shipped().tokenizer()
    whole = tagging.word_scores(text, words, tokenizer, score, size=60, overlap=10)
    cut = tagging.word_scores(text, words, tokenizer, score, size=30, overlap=12)
    assert whole.shape == cut.shape == (60, 2)
    depth = cut[:, 0] - cut[:, 1]
    # Windows are 0-30, 18-48 and 30-60: away from the ends of the text nobody is read at an edge.
    assert depth[1:-1].min() >= 2
    assert depth[6:-6].min() >= 6


# The extractor.


def test_it_is_an_extractor() -> None:
    extractor = shipped()
    assert isinstance(extractor, Extractor)
    assert (extractor.name, extractor.layers) == ("ner-base", ("entities",))


def test_a_story() -> None:
    found = surfaces(STORY)
    expected = {
        ("Ida Moen", "PER"),
        ("Moen", "PER"),
        ("Norway", "GPE"),
        ("Poland", "GPE"),
        ("European Commission", "ORG"),
        ("Polish", "NORP"),
    }
    assert expected <= found


def test_mentions_of_one_person_share_an_id_and_scores_are_probabilities() -> None:
    found = entities(STORY)
    people = {e.entity_id for e in found if STORY[e.spans[0].start : e.spans[0].end] in ("Ida Moen", "Moen")}
    assert people == {"ida-moen"}
    assert [e.id for e in found] == [f"e{k}" for k in range(1, len(found) + 1)]
    assert all(e.score is not None and 0 < e.score <= 1 for e in found)


def test_only_entities_are_claimed() -> None:
    (found,) = shipped().extract([Article(id="a", text="")])
    assert (found.entities, found["quotes"], found["stances"]) == ((), None, None)


def test_nothing_is_found_in_boilerplate() -> None:
    start = STORY.index("Read Nordlys")
    zones = (Zone("boilerplate", start, len(STORY)),)
    assert any(e.spans[0].start >= start for e in entities(STORY))
    assert all(e.spans[0].end <= start for e in entities(STORY, zones=zones))


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "Ida Moen",
                    "Norway",
                    "said",
                    ".",
                    "\r\n",
                    "\n\n",
                    "\t",
                    "\u00a0",
                    "🙂",
                    "Jose\u0301",
                    "𝐎slo",
                    "İstanbul",
                    "ß",
                    "\u200b",
                    "\x00",
                    "北京",
                    "’s",
                ]
            ),
            st.text(max_size=6),
        ),
        max_size=30,
    ).map(" ".join)
)
def test_offsets_fit_any_text(text: str) -> None:
    words = windows.find_words(text)
    edges = set(words.starts.tolist()) | set(words.ends.tolist())
    found = entities(text)
    for entity in found:
        (span,) = entity.spans
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]
    assert all(e.spans[0].start in edges or e.spans[0].end in edges for e in found)


def test_names_around_odd_characters() -> None:
    text = "🙂🙂 In\u00a0Norway,\r\nIda\tMoen met Jose\u0301 García in Poland."
    found = surfaces(text)
    assert ("Norway", "GPE") in found
    assert ("Poland", "GPE") in found
    assert "Jose\u0301 García" in {surface for surface, _ in found}


def test_a_long_article_is_read_to_its_end() -> None:
    filler = "The committee spent the morning on the budget and put off its vote until the spring. " * 150
    text = f"Ida Moen flew to Norway. {filler}\nIda Moen returned to Poland."
    names = [(text[e.spans[0].start : e.spans[0].end], e.spans[0].start > len(filler)) for e in entities(text)]
    assert {("Ida Moen", False), ("Norway", False), ("Ida Moen", True), ("Poland", True)} <= set(names)


def test_a_word_without_end_is_no_problem() -> None:
    text = "x" * 5000 + " Norway " + "北" * 3000 + " won."
    assert all(text[e.spans[0].start : e.spans[0].end] for e in entities(text))


@pytest.mark.parametrize("threads", [1, 3])
def test_neighbours_order_and_threads_change_nothing(threads: int) -> None:
    texts = [STORY, "Norway.", "", STORY * 4, "It rained in Poland, and Ida Moen stayed in."]
    articles = [Article(id=str(k), text=text) for k, text in enumerate(texts)]
    alone = [shipped().extract([article])[0] for article in articles]
    extractor = NerExtractor(threads=threads)
    assert list(extractor.extract(articles)) == alone
    assert list(extractor.extract(articles[::-1])) == alone[::-1]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match=r"no model\.onnx, tokenizer\.json, ner\.json there"):
        NerExtractor(tmp_path)


def test_fingerprint_follows_the_configuration(tmp_path: Path) -> None:
    copied = shutil.copytree(MODEL, tmp_path / "copy")
    assert NerExtractor(copied).fingerprint() == shipped().fingerprint()
    (copied / "ner.json").write_text(
        (copied / "ner.json").read_text(encoding="utf-8").replace("254", "250"), encoding="utf-8"
    )
    assert NerExtractor(copied).fingerprint() != shipped().fingerprint()


def test_importing_is_cheap() -> None:
    code = (
        "import sys; import evalkit.extractors.shipped.ner; "
        "print({'numpy', 'onnxruntime', 'tokenizers', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
