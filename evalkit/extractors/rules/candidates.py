"""Candidate names: runs of capitalised words, with openers and titles taken off and nationalities split off."""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit.extractors.rules.labels import Guess, by_words, is_first_name, strip_titles
from evalkit.records import Span
from evalkit.text.sentences import Token
from evalkit.text.word_lists import entries, longest_match

__all__ = ["Candidate", "candidates_in"]

_JOINED = re.compile(r" | & |['’] |\. |['’]s ")
_LONGEST = 15
_NUMBERED = frozenset({"Highway", "Route", "Interstate", "Local", "Terminal", "Pier", "Formula", "Runway", "Reactor"})
_ABBREVIATED = frozenset({"Ms", "Mrs", "St", "Jr"})
_OWNERS = frozenset(
    {"People", "Women", "Children", "Men", "King", "Queen", "St", "John", "Mary", "Farmer", "Worker", "Sheriff"}
)


class Candidate(NamedTuple):
    """A possible mention: where, its words, how sure its label is, whether a capital is evidence there."""

    span: Span
    words: list[str]
    guess: Guess
    sure: bool


def candidates_in(words: list[Token]) -> list[Candidate]:
    """The candidate names in one line.

    Args:
        words: the words of the line.
    """
    return [candidate for run in _runs(words) for candidate in _candidates(run)]


def _runs(words: list[Token]) -> list[list[Token]]:
    runs: list[list[Token]] = []
    current: list[Token] = []
    index = 0
    while index < len(words):
        word = words[index]
        reach = 1
        if not current and word.text.islower() and "-" not in word.text:
            # Most words of a text begin no name.
            index += 1
            continue
        if current:
            # No name is longer, and reading a run goes as deep as it is long.
            reach = _continues(current, words, index) if len(current) < _LONGEST else 0
            if not reach:
                runs.append(current)
                current = []
        if current:
            current += words[index : index + reach]
        elif _may_start(word) or _month_as_name([], words, index):
            current = [word]
        index += max(reach, 1)
    return [*runs, current] if current else runs


def _may_start(word: Token) -> bool:
    if (
        not word.capital
        or word.text in entries("words", "day", "month")
        or f"{word.text[:-1]}" in entries("words", "day")
    ):
        return False
    return word.text not in entries("words", "not-name") or word.text in entries("words", "weak")


def _month_as_name(current: list[Token], words: list[Token], index: int) -> bool:
    """Denise May, May Sorrento: a month beside a first name or before a surname, with no number after it."""
    word = words[index]
    if word.text not in ("May", "June", "April", "August", "Jan", "Mar"):
        return False
    following = words[index + 1 : index + 2]
    if current:
        dated = bool(following) and following[0].text[0].isdigit()
        return (
            not dated and not longest_match([current[-1].text])[0] and word.text in ("May", "June", "April", "August")
        )
    before = words[index - 1].text.lower() if index else ""
    plain = before not in ("in", "by", "since", "until", "last", "this", "next", "of", "from", "to", "between")
    return bool(following) and following[0].gap == " " and _may_start(following[0]) and plain and not following[0].first


def _continues(current: list[Token], words: list[Token], index: int) -> int:
    """How many words from `index` on belong to the run; 0 if it ends here."""
    word, last = words[index], current[-1]
    if word.first or not _JOINED.fullmatch(word.gap):
        return 0
    abbreviated = len(last.text) == 1 or last.text in entries("people", "title", "he-title") | _ABBREVIATED
    if word.gap == ". " and not abbreviated:
        return 0
    if word.gap[:1] in "'’" and len(word.gap) == 3 and last.text not in _OWNERS:
        return 0
    if _may_start(word) or _month_as_name(current, words, index):
        return 1
    if word.text[0].isdigit() and last.text in _NUMBERED and word.gap == " ":
        return 1
    return _connector(current, words, index)


def _connector(current: list[Token], words: list[Token], index: int) -> int:
    word = words[index].text
    rest = words[index + 1 : index + 4]
    if not rest or words[index].gap != " ":
        return 0
    if word in entries("people", "particle") and rest[0].gap == " ":
        if _may_start(rest[0]):
            return 2
        return 3 if len(rest) > 1 and rest[0].text in entries("people", "particle") and _may_start(rest[1]) else 0
    heads = entries("names", "org-head", "fac-head", "loc-head", "work-word", "event-head", "gpe-head")
    # A lone capitalised noun behind "the" heads a name: the Lions of Kotto.
    lone = len(current) == 1 and not current[0].first and index > 1 and words[index - 2].text.lower() == "the"
    lone = lone and not longest_match([current[0].text])[0]
    headed = current[-1].text in heads or (len(current) > 1 and current[0].text in heads)
    if word in ("of", "for") and (headed or lone):
        skip = 1 if rest[0].text == "the" and len(rest) > 1 else 0
        return 2 + skip if _may_start(rest[skip]) and all(w.gap == " " for w in rest[: skip + 1]) else 0
    if word == "and" and _may_start(rest[0]) and rest[0].gap == " ":
        joined = [token.text for token in current]
        endings = entries("names", "org-word", "fac-word", "loc-word", "event-word", "work-word")
        after = [token.text for token in rest[:2] if token.capital and token.gap == " "]
        department = joined[0] in ("Ministry", "Department", "Institute", "Committee", "Chamber") and "of" in joined
        series = after[-1] in endings and joined[-1] not in endings and not is_first_name(joined[0])
        article = index > 1 and words[index - 2].text.lower() == "the" and len(current) == 1
        if department or (series and (article or not longest_match(joined)[0]) and not longest_match(after)[0]):
            return 2
    return 0


def _candidates(run: list[Token]) -> list[Candidate]:
    """The candidates in one run of capitalised words: openers and titles off, nationality and place split off."""
    dropped = False
    while run and run[0].first and run[0].text in entries("words", "initial") and not _opens_name(run):
        run, dropped = run[1:], True
    if not run:
        return []
    texts = [token.text for token in run]
    closed = by_words(texts)
    if closed.weight >= 2.5 and len(run) > 1 and not is_first_name(texts[0]):
        return [_candidate(run, closed, dropped)]
    cut = strip_titles(texts)
    if not cut and len(run) > 1 and run[0].first and _is_role(texts):
        cut = 1
    if texts[-1] in ("Correspondent", "Reporter", "Editor", "Writer") and not is_first_name(texts[0]):
        return []
    if cut == len(run) or all(word in entries("words", "weak") for word in texts):
        return []
    if cut:
        return _candidates_after_title(run[cut:], dropped)
    count, label = longest_match(texts)
    if count and count < len(run):
        rest = texts[count:]
        if strip_titles(rest) or label == "NORP":
            head = _candidate(run[:count], Guess(label, 3.0), dropped)
            return [head, *_candidates([run[count]._replace(first=False), *run[count + 1 :]])]
    for place in range(1, len(run)):
        if texts[place] in entries("people", "he-title", "she-title", "title") and place + 1 < len(run):
            return [*_candidates(run[:place]), *_candidates(run[place:])]
    return [_candidate(run, closed, dropped)]


def _is_role(texts: list[str]) -> bool:
    """Whether a sentence opens with a role in front of a person's name: Drummer Will Dolan."""
    if not is_first_name(texts[1]):
        return False
    return texts[0].lower() in entries("people", "role") or bool(re.search(r"(?:ist|ian|man|woman)$", texts[0]))


def _opens_name(run: list[Token]) -> bool:
    """Whether an opening word is a name all the same: Will Grant, Hope Adeyemi, The Hague, New York."""
    texts = [token.text for token in run]
    count = longest_match(texts)[0]
    if count and (count > 1 or texts[0] not in entries("words", "initial")):
        return True
    return len(run) > 1 and is_first_name(texts[0]) and not run[1].first


def _candidates_after_title(run: list[Token], dropped: bool) -> list[Candidate]:
    texts = [token.text for token in run]
    count, label = longest_match(texts)
    if count and label in ("NORP", "GPE", "ORG") and count < len(run):
        head = _candidate(run[:count], Guess(label, 3.0), True)
        return [head, *_candidates([run[count]._replace(first=False), *run[count + 1 :]])]
    return [_candidate(run, by_words(texts, titled=True), True)]


def _candidate(run: list[Token], guess: Guess, dropped: bool) -> Candidate:
    sure = dropped or not run[0].first or len(run) > 1 or longest_match([run[0].text])[0] > 0
    return Candidate(Span(run[0].start, run[-1].end), [token.text for token in run], guess, sure)
