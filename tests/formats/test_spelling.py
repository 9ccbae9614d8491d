"""One label is one label, however it is spelled; what the gold tells apart stays apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.formats.spelling import gold_spelling, respelled


@pytest.mark.parametrize(
    ("label", "known", "spelled"),
    [
        pytest.param("per", ["PER"], "PER", id="case"),
        pytest.param(" PER ", ["PER"], "PER", id="blanks around"),
        pytest.param("work of  art", ["WORK_OF_ART"], "WORK_OF_ART", id="blanks between"),
        pytest.param("B-PER", ["PER"], "PER", id="tag"),
        pytest.param("i_per", ["PER"], "PER", id="tag in lower case"),
        pytest.param("label:PER", ["PER"], "PER", id="named"),
        pytest.param("NER=B-PER", ["PER"], "PER", id="named tag"),
        pytest.param("E-mail", ["mail"], "mail", id="a letter before a label"),
        pytest.param("E-mail", ["E-mail", "mail"], None, id="known as it is"),
        pytest.param("e-mail", ["E-mail", "mail"], "E-mail", id="the whole before the rest"),
        pytest.param("per", ["PER", "Per"], None, id="one of two"),
        pytest.param("PERSON", ["PER"], None, id="another word"),
        pytest.param("B-", ["PER"], None, id="nothing after the letter"),
        pytest.param("", ["PER"], None, id="nothing"),
    ],
)
def test_spellings(label: str, known: list[str], spelled: str | None) -> None:
    assert respelled([label], known).get(label) == spelled


def test_case_may_be_kept() -> None:
    assert respelled(["per", "PER "], ["PER"], keep_case=True) == {"PER ": "PER"}
    assert gold_spelling({"PER": 1, "per": 2, "per ": 1}, keep_case=True) == {"per ": "per"}


def test_gold_goes_by_its_most_frequent_spelling() -> None:
    assert gold_spelling({"per": 1, "PER": 3, "Per": 1, "ORG": 1}) == {"per": "PER", "Per": "PER"}
    # As many of both: the first by name, whatever the order.
    assert gold_spelling({"b": 1, "B": 1}) == gold_spelling({"B": 1, "b": 1}) == {"b": "B"}


@given(st.dictionaries(st.text(max_size=4), st.integers(1, 9), max_size=6))
def test_gold_in_one_spelling_stays(counts: dict[str, int]) -> None:
    spelling = gold_spelling(counts)
    after = {spelling.get(label, label) for label in counts}
    assert gold_spelling(dict.fromkeys(after, 1)) == {}
    assert after <= set(counts)
    assert not respelled(after, after)
