"""How faithful the quotes of a model are: where the words it put into a mouth stand in the text, if they do.

For each stretch of content, tried in this order:

* `exact`: it stands there, but for typography and punctuation at its ends. What goes over paragraphs that open
  again with a mark gets a span in each.
* `case`: it stands there but for upper and lower case.
* `merged`: it is made of two stretches that stand apart, with a quotation mark, words set off by commas or dashes,
  or more than three words between them, or of paragraphs that each close their marks; it gets all spans.
* `altered`: a stretch of the text is like it: a similarity of at least 0.8 (twice the characters in common, by
  `difflib.SequenceMatcher`, over the characters of both), words compared without case and punctuation. Also words
  that stand there, but were put in quotation marks by the model. It gets the span of what does stand there.
* `invented`: nothing of the kind stands there; it has no span.
* `surplus`: it stands there less often than it was given; it has no span.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalkit.extractors.llm.grounding import MARKS, Grounded, Page, Word
from evalkit.extractors.llm.similarity import most_similar
from evalkit.records import Span

__all__ = ["FIDELITY", "Content", "Stretch", "ground_content"]

FIDELITY = ("exact", "case", "merged", "altered", "invented", "surplus")
"""What a quote can be, from the best to the worst but for `surplus`, which says nothing about its words."""

_FAR = 3
_NEAR_BY = 20
_EDGE = re.escape(MARKS + ",.;:!?…") + r"\s"
_TRIMMED = re.compile(rf"^[{_EDGE}]+|[{_EDGE}]+$")
_WORDLESS = re.compile(r"[^\w\n]*")
_WORDS_BEHIND = re.compile(r"\w.*", re.DOTALL)
_WORDS_BEFORE = re.compile(r".*\w", re.DOTALL)
_STOPS = (".", "!", "?", "…")
_ASIDE = re.compile(r"\s*[,(–—-].*[,)–—-]\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One string of content: its spans (several if it was merged, none if it was not found) and its fidelity."""

    spans: tuple[Span, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Content:
    """The content of one quote, string by string."""

    stretches: tuple[Stretch, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans in text order, without overlaps."""
        joined: list[Span] = []
        for span in sorted(span for stretch in self.stretches for span in stretch.spans):
            if joined and span.start < joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
            else:
                joined.append(span)
        return tuple(joined)

    @property
    def fidelity(self) -> str:
        """The worst of its stretches; `altered` if some of it was found and some was not."""
        kinds = [stretch.how for stretch in self.stretches]
        if not kinds:
            return "invented"
        worst = max(kinds, key=FIDELITY.index)
        return "altered" if worst in ("invented", "surplus") and self.spans else worst


def ground_content(page: Page, strings: Sequence[str], taken: Collection[Span] = ()) -> Content:
    """Where the strings of one quote stand.

    Args:
        page: the text.
        strings: the stretches of content, in order; a later one is looked for behind the earlier ones first.
        taken: spans that other quotes have as content already.
    """
    done: list[Stretch] = []
    used, behind = set(taken), 0
    for string in strings:
        stretch = _ground(page, string, used, behind)
        done.append(stretch)
        used.update(stretch.spans)
        behind = max([behind, *(span.end for span in stretch.spans)])
    return Content(tuple(done))


def _ground(page: Page, string: str, used: Collection[Span], behind: int) -> Stretch:
    found = page.occurrences(string)
    verbatim = [one for one in found if one.how != "case"] or _without_edges(page, string)
    for known in (verbatim, found):
        if known:
            return _choose(known, used, behind)
    if (meant := html.unescape(string)) != string:
        return _ground(page, meant, used, behind)
    wanted = [word.folded for word in Page(string).words]
    return (
        _over_paragraphs(page, string, wanted)
        or _merged(page, string, wanted, behind)
        or _altered(page, string, wanted)
        or Stretch((), "invented")
    )


def _choose(known: Sequence[Grounded], used: Collection[Span], behind: int) -> Stretch:
    left = [(one.span, one.how) for one in known if one.span is not None and one.span not in used]
    if not left:
        return Stretch((), "surplus")
    span, how = min(left, key=lambda entry: (entry[0].start < behind, left.index(entry)))
    return Stretch((span,), "exact" if how == "typography" else how)


def _without_edges(page: Page, string: str) -> list[Grounded]:
    """Occurrences but for marks and punctuation at the ends, with the marks that stand in the text."""
    core = _TRIMMED.sub("", string)
    if not core or core == string.strip():
        return []
    quoted = any(_quoted(string))
    found = []
    for one in page.occurrences(core):
        if one.span is None:
            continue
        span = _with_marks(page.text, one.span, string)
        marked = page.text[span.start] in MARKS or page.text[span.end - 1] in MARKS
        bare = quoted and not marked and not _inside_marks(page.text, span)
        found.append(Grounded(span, "altered" if bare else one.how))
    return found


def _inside_marks(text: str, span: Span) -> bool:
    """Whether the paragraph of the span has a quotation mark on the left of it, so that it may be the middle of one."""
    paragraph = text.rfind("\n", 0, span.start) + 1
    left, right = text[paragraph : span.start], text[span.end :].partition("\n")[0]
    # Apostrophes say nothing.
    return any(mark in left or mark in right for mark in MARKS if mark not in "'’`´")


def _with_stop(text: str, span: Span, string: str) -> Span:
    """The span with the stop behind it, if the string has one too."""
    last = string.strip()[-1]
    return Span(span.start, span.end + 1) if last in _STOPS and text[span.end : span.end + 1] == last else span


def _quoted(string: str) -> tuple[int, int]:
    """How many quotation marks a string has before its first word and behind its last."""
    words = Page(string).words
    head, tail = (string[: words[0].start], string[words[-1].end :]) if words else ("", "")
    return sum(mark in MARKS for mark in head), sum(mark in MARKS for mark in tail)


def _with_marks(text: str, span: Span, string: str) -> Span:
    """The span with the marks and stops around it that the string has at its ends."""
    (opening, closing), (start, end) = _quoted(string), span
    while opening and start and text[start - 1] in MARKS:
        start, opening = start - 1, opening - 1
    run = _WORDLESS.match(text, end)
    marks = [at for at in range(end, run.end() if run else end) if text[at] in MARKS][:closing]
    if marks:
        return Span(start, marks[-1] + 1)
    if closing and text[end : end + 1] in _STOPS and text[end + 1 : end + 2] in ("", "\n"):
        # The end of a paragraph of speech that goes on in the next.
        return Span(start, end + 1)
    return _with_stop(text, Span(start, end), string)


def _over_paragraphs(page: Page, string: str, wanted: Sequence[str]) -> Stretch | None:
    """A stretch for each paragraph, if the words go over several and only the marks between those are left out."""
    words = page.words
    head = next((at for at in range(len(words)) if _agree(words, at, wanted) == len(wanted)), None) if wanted else None
    if head is None:
        return None
    behind = head + len(wanted)
    gaps = {at: page.text[words[at - 1].end : words[at].start] for at in range(head + 1, behind)}
    marks = {at: sum(mark in MARKS for mark in gap) for at, gap in gaps.items() if "\n" in gap}
    if not any(marks.values()):
        return None
    edges = [head, *(at for at, number in marks.items() if number), behind]
    spans = [_stretch(words, first, last - first) for first, last in pairwise(edges)]
    spans[0] = _with_marks(page.text, spans[0], _WORDS_BEHIND.sub('x"', string))
    spans[1:-1] = [_with_marks(page.text, span, '"x"') for span in spans[1:-1]]
    spans[-1] = _with_marks(page.text, spans[-1], _WORDS_BEFORE.sub('"x', string))
    # A mark that opens again goes on; one that closes before it ends what one speaker said.
    return Stretch(tuple(spans), "exact" if max(marks.values()) == 1 else "merged")


def _merged(page: Page, string: str, wanted: Sequence[str], behind: int) -> Stretch | None:
    """The two stretches that the words were made of: the first as long, and the second as near behind it, as can be."""
    words = page.words
    places: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        places.setdefault(word.folded, []).append(at)
    heads = [(at, _agree(words, at, wanted)) for at in places.get(wanted[0], ())] if wanted else []
    for cut in range(max((length for _, length in heads), default=0), 0, -1):
        rest = wanted[cut:]
        tails = [at for at in places.get(rest[0], ()) if _agree(words, at, rest) == len(rest)] if rest else []
        pairs = [(head, tail) for head, length in heads if length >= cut for tail in tails]
        pairs = [pair for pair in pairs if _apart(page, pair, cut, len(rest))]
        if pairs:
            head, tail = min(pairs, key=lambda pair: _preference(words, pair, behind))
            first, second = _stretch(words, head, cut), _stretch(words, tail, len(rest))
            if any(_quoted(string)):
                # Where it was joined, the model left out the marks of both.
                first = _with_marks(page.text, first, _WORDS_BEHIND.sub('x"', string))
                second = _with_marks(page.text, second, _WORDS_BEFORE.sub('"x', string))
            return Stretch(tuple(sorted([first, second])), "merged")
    return None


def _preference(words: Sequence[Word], pair: tuple[int, int], behind: int) -> tuple[bool, bool, int, int]:
    head, tail = pair
    return tail < head, words[head].start < behind, abs(tail - head), head


def _agree(words: Sequence[Word], at: int, wanted: Sequence[str]) -> int:
    """How many of the wanted words stand there in a row."""
    length = 0
    while length < len(wanted) and at + length < len(words) and words[at + length].folded == wanted[length]:
        length += 1
    return length


def _stretch(words: Sequence[Word], at: int, length: int) -> Span:
    return Span(words[at].start, words[at + length - 1].end)


def _apart(page: Page, pair: tuple[int, int], first: int, second: int) -> bool:
    """Whether two stretches of that many words are two, and long or near enough to be no accident."""
    head, tail = pair
    left, right = ((head, first), (tail, second)) if head < tail else ((tail, second), (head, first))
    gap = right[0] - left[0] - left[1]
    if gap < 0:
        return False
    words = page.words
    between = page.text[words[left[0] + left[1] - 1].end : words[right[0]].start]
    closes, shorter = _closes(between), min(first, second)
    near = head < tail and gap <= _NEAR_BY and first + second > _FAR and (closes or shorter > 1)
    return (closes or gap > _FAR) and (near or shorter > _FAR)


def _closes(between: str) -> bool:
    """Whether that ends a stretch of speech: it has a quotation mark, or is set off like `, she said,`."""
    marked = any(mark in between for mark in MARKS if mark not in "'’`´") or re.search(r"['’]\s", between) is not None
    return marked or _ASIDE.fullmatch(between) is not None


def _altered(page: Page, string: str, wanted: Sequence[str]) -> Stretch | None:
    """The stretch that is most like the string, if it is like it."""
    found = most_similar(page.words, wanted)
    if found is None:
        return None
    return Stretch((_with_marks(page.text, _stretch(page.words, *found), string),), "altered")
