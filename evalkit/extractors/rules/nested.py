"""Names inside names: the city in its council's name, the founder in the name of a foundation."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.records import Span
from evalkit.text.sentences import tokens
from evalkit.text.word_lists import longest_match

__all__ = ["InnerNames"]

_OUTER = frozenset({"ORG", "FAC", "EVENT", "WORK", "LOC"})
_LONGEST = 6
_NO_NAME_INSIDE = frozenset(
    {
        "West",
        "Gulf",
        "Earth",
        "Moon",
        "Don",
        "Po",
        "X",
        "AP",
        "AU",
        "Meta",
        "Apple",
        "Split",
        "Nice",
        "Main",
        "Inn",
        "Forth",
        "Trent",
        "Liberal",
        "Conservative",
        "Republican",
        "Democrat",
        "Orthodox",
        "Mobile",
        "Jackson",
        "Lincoln",
        "Murray",
        "Nelson",
        "Hamilton",
    }
)


class InnerNames:
    """The names inside the mentions of one article."""

    def __init__(self, text: str, labels: Mapping[str, str]) -> None:
        """Note what is known of the article.

        Args:
            text: its text.
            labels: the label of every name found in it.
        """
        self._text, self._labels = text, labels
        self._surnames = {name.split(" ")[-1] for name, kind in labels.items() if kind == "PER" and " " in name}

    def of(self, span: Span, label: str) -> list[tuple[Span, str]]:
        """The names inside a mention, which is not one of them.

        Args:
            span: the outer mention.
            label: its label; people and places with a government have no names inside.
        """
        if label not in _OUTER:
            return []
        words = tokens(self._text, span.start, span.end)
        found: list[tuple[Span, str]] = []
        index = 0
        while index < len(words):
            here = [word.text for word in words[index : index + _LONGEST]]
            count, inner = _listed(here, self._labels)
            if not count and here[0] in self._surnames:
                count, inner = 1, "PER"
            place = Span(words[index].start, words[index + max(count, 1) - 1].end)
            if count and place != span and here[0] not in _NO_NAME_INSIDE:
                found.append((place, inner))
            index += max(count, 1)
        return found


def _listed(words: list[str], labels: Mapping[str, str]) -> tuple[int, str]:
    for count in range(min(len(words), 4), 0, -1):
        name = " ".join(words[:count])
        if labels.get(name) in ("GPE", "LOC") or (labels.get(name) == "PER" and count > 1):
            return count, labels[name]
    count, label = longest_match(words)
    return (count, label) if label in ("GPE", "LOC", "NORP") else (0, "")
