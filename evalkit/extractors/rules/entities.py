"""Entity mentions by rules: capital letters find them, word lists and neighbours label them.

A capital is evidence inside a sentence, and none at its start or in a headline in Title Case; there a name is taken
only if it is listed or stands elsewhere in the article. All mentions of one string get one label.
"""

from __future__ import annotations

import re
from collections import defaultdict

from evalkit.extractors.rules.candidates import Candidate, candidates_in
from evalkit.extractors.rules.labels import Guess, by_context, is_first_name
from evalkit.extractors.rules.nested import InnerNames
from evalkit.records import Article, Entity, Span
from evalkit.text.linking import link_mentions
from evalkit.text.sentences import is_title_case, prose_lines, tokens
from evalkit.text.word_lists import entries, longest_match

__all__ = ["find_entities"]

_DATELINE = re.compile(r"(?:, [\w. ]{2,30}){0,2} ?(?:\([^)]{2,40}\) ?)?[-–—]|,? \([^)]{2,40}\) ?[-–—]")
_ARTICLE = re.compile(r"\b[Tt]he $")


def find_entities(article: Article) -> tuple[Entity, ...]:
    """The mentions of names outside boilerplate, nested ones included, linked, in the order of the text."""
    text = article.text
    candidates: list[Candidate] = []
    doubtful: list[Span] = []
    for span, kind in prose_lines(article):
        words = tokens(text, span.start, span.end)
        if kind == "headline" and is_title_case(words):
            doubtful.append(span)
            continue
        candidates += candidates_in(words)
    labels = _settle(text, candidates)
    candidates += _bearers(text, labels, candidates)
    found = {c.span: labels[" ".join(c.words)] for c in candidates if " ".join(c.words) in labels}
    known = {name.casefold(): label for name, label in sorted(labels.items())}
    parts = {name.casefold(): label for name, label in sorted(_parts(labels).items())} if doubtful else {}
    for span in doubtful:
        found |= _known_in(text, span, known, parts)
    outer = sorted(found.items(), key=lambda item: (item[0].start, -item[0].end))
    names = InnerNames(text, labels)
    inner = [item for span, label in outer for item in names.of(span, label)]
    unique = dict(sorted({*outer, *inner}, key=lambda item: (item[0].start, -item[0].end, item[1])))
    mentions = tuple(
        Entity(id=f"e{number}", spans=(span,), label=label) for number, (span, label) in enumerate(unique.items(), 1)
    )
    return link_mentions(article, mentions)


def _settle(text: str, candidates: list[Candidate]) -> dict[str, str]:
    """One label for each string, by all that speaks for it in the article."""
    votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    sure: set[str] = set()
    for candidate in candidates:
        name = " ".join(candidate.words)
        tally = votes[name]
        tally[candidate.guess.label] = max(tally[candidate.guess.label], candidate.guess.weight)
        before = text[max(0, candidate.span.start - 100) : candidate.span.start].rpartition("\n")[2]
        after = text[candidate.span.end : candidate.span.end + 100].partition("\n")[0]
        dateline = not before.strip() and name.isupper() and len(name) > 3 and bool(_DATELINE.match(after))
        if dateline:
            tally["GPE"] += 4.0
        if candidate.sure or dateline:
            sure.add(name)
        if len(candidate.words) > 1 and before.endswith("he ") and _ARTICLE.search(before):
            # People's names of several words take no article.
            tally["ORG"] += 0.95
        for guess in by_context(before, after):
            if len(candidate.words) == 1 or guess.weight >= 0.9:
                tally[guess.label] += guess.weight
    labels = {name: _winner(tally) for name, tally in votes.items() if " " in name and name in sure}
    strong = {name for name in labels if labels[name] == "PER" and votes[name]["PER"] >= 1.5}
    parts = _parts(labels)
    strong_parts = {word for name in strong for word in name.split(" ")}
    last_words = {name.rpartition(" ")[2] for name in labels}
    for name, tally in votes.items():
        if " " in name:
            continue
        best = max(tally.values(), default=0)
        part = parts.get(name)
        generic = name in entries("names", "org-word", "fac-word", "event-word", "work-word", "loc-word")
        if part and part != "PER" and (not generic or name in sure):
            # A first word stands for the whole less often than the last: Tully Road Library is in Tully.
            tally[part] += 1.5 if generic or name in last_words else 0.75
            labels[name] = _winner(tally)
        elif part == "PER" and (best < 3.0 or name in strong_parts):
            labels[name] = part
        elif (name in sure and not generic) or (tally.get("PER", 0) >= 2.0 and len(name) > 2):
            labels[name] = _winner(tally)
    return labels


def _bearers(text: str, labels: dict[str, str], candidates: list[Candidate]) -> list[Candidate]:
    """Mentions by a surname that is a month or an ordinary word: "May wrote", where the article knows a Denise May."""
    taken = {position for c in candidates for position in range(c.span.start, c.span.end)}
    found: list[Candidate] = []
    for surname in sorted({name.split(" ")[-1] for name, label in labels.items() if label == "PER" and " " in name}):
        if surname not in entries("words", "month"):
            continue
        labels[surname] = "PER"
        for match in re.finditer(rf"\b{surname}\b(?! \d)", text):
            before = text[max(0, match.start() - 12) : match.start()]
            dated = re.search(
                r"(?:\d|\b(?:in|by|since|until|last|this|next|of|from|to|between|on|late|early|mid))[ -]$", before, re.I
            )
            if match.start() not in taken and not dated:
                found.append(Candidate(Span(*match.span()), [surname], Guess("PER", 2.0), True))
    return found


def _winner(tally: dict[str, float]) -> str:
    ranked = sorted(((weight, label) for label, weight in tally.items() if label), reverse=True)
    return ranked[0][1] if ranked else "PER"


def _parts(labels: dict[str, str]) -> dict[str, str]:
    """Words that stand for a longer name: a surname, the head or the first word of an organisation's name."""
    parts: dict[str, str] = {}
    for name, label in sorted(labels.items(), key=lambda item: item[1] == "PER"):
        words = name.split(" ")
        chosen = [words[-1]] if label == "PER" else [words[0], words[-1]]
        for word in chosen:
            if word[:1].isupper() and (label == "PER" or not longest_match([word])[0]):
                parts[word] = label
        if label == "PER" and is_first_name(words[0]):
            parts.setdefault(words[0], "PER")
    return parts


def _known_in(text: str, span: Span, known: dict[str, str], parts: dict[str, str]) -> dict[Span, str]:
    """Mentions in a line whose capitals say nothing: names found elsewhere in the article and listed ones."""
    words = tokens(text, span.start, span.end)
    result: dict[Span, str] = {}
    index = 0
    while index < len(words):
        for count in range(min(7, len(words) - index), 0, -1):
            here = words[index : index + count]
            name = " ".join(word.text for word in here)
            listed, listed_label = longest_match(name.split(" "))
            label = known.get(name.casefold()) or (parts.get(name.casefold()) if count == 1 else None)
            if label is None and listed == count and (count > 1 or not name.isupper() or len(name) < 4):
                label = listed_label
            if label and here[0].capital and name not in entries("words", "not-name"):
                result[Span(here[0].start, here[-1].end)] = label
                index += count - 1
                break
        index += 1
    return result
