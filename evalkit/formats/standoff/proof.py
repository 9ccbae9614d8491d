r"""Where in a text the regions of an annotation tool stand, proved by what the file says stands there.

A file gives offsets, and most tools the text that was marked. Offsets are taken as the tool usually counts if that
text stands there; otherwise as the one way of counting (`evalkit.text.counting`) under which it does. Where the text
stands at different places under several ways, as `ha` does in `ha ha ha`, the other regions of the document decide,
then those of other documents of the file, if they agree; otherwise the region is refused, never guessed. Where every
region of a file stands as usual there is nothing to decide; what nothing proves then is noted. A region of which the
file does not say what stands there is counted as the others are (`evalkit.formats.standoff.untold`)::

    prover = Prover(usual=CODE_POINTS, spellings=(AS_IT_IS, LINE_FEEDS_ESCAPED))
    for proof in prover.prove(text, [Claim((Span(5, 9),), "Anna"), …]):
        proof.spans    # in code points of the text; empty if refused
        proof.cause    # how it was counted, if not as usual: a note
        proof.refusal  # why there is no span, and what to do: a problem
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evalkit.formats.standoff.untold import Choice, Untold, choose_ways
from evalkit.harmless import shortened
from evalkit.records import Span
from evalkit.text.counting import CODE_POINTS, Counting, Ruler, fitting

__all__ = ["AS_IT_IS", "COLLAPSED", "LINE_FEEDS_ESCAPED", "TRIMMED", "UTF_16", "Claim", "Proof", "Prover", "Spelling"]

UTF_16 = Counting("utf-16")
"""How JavaScript and Java count."""

NEAR = 1000
"""Places within so many characters are looked at one by one; for farther ones a region nearby must vouch."""

ASKED = 50
"""So many other regions, and other documents, are asked about a region that may stand at several places."""

TRIED = 6
"""So many ways of counting that a file is known to hold are tried first."""


class Spelling(NamedTuple):
    """How a tool writes the text that was marked.

    Attributes:
        words: what it does to it; empty if it is no news, as that is what the tool always does.
        written: gives a text as the tool writes it.
    """

    words: str
    written: Callable[[str], str]


AS_IT_IS = Spelling("", lambda held: held)
LINE_FEEDS_ESCAPED = Spelling("", lambda held: held.replace("\n", "\\n"))
TRIMMED = Spelling("with the blanks at both ends left out", str.strip)
COLLAPSED = Spelling("with runs of blanks written as one", lambda held: re.sub(r"\s+", " ", held))


class Claim(NamedTuple):
    """What a file says of a region.

    Attributes:
        spans: its offsets as the file counts them; several for a discontinuous region.
        text: what stands there, as the file says; None or empty if it does not.
    """

    spans: tuple[Span, ...]
    text: str | None = None


class Proof(NamedTuple):
    """Where a region stands.

    Attributes:
        spans: in half-open code points of the text; empty if that cannot be proved.
        cause: how it was counted or written, if otherwise than usual, in words.
        note: what it is taken for although nothing in the file proves it, in words.
        refusal: why there are no spans: the offsets, the text, and what to do.
    """

    spans: tuple[Span, ...]
    cause: str = ""
    refusal: str = ""
    note: str = ""


@dataclass(frozen=True)
class Prover:
    """Proves the regions of a file.

    Attributes:
        usual: how the tool counts.
        likely: how it counted in other versions, or may have: tried before all other ways.
        spellings: how it may write the text that was marked. Those with words count only for a region whose text
            stands nowhere as the tool always writes.
        joined: what it writes between the pieces of a discontinuous region.
        stated: whether somebody said that offsets are counted as usual: no other way is tried then.
    """

    usual: Counting = CODE_POINTS
    likely: tuple[Counting, ...] = (UTF_16,)
    spellings: tuple[Spelling, ...] = (AS_IT_IS,)
    joined: str = " "
    stated: bool = False

    def prove(self, text: str, claims: Sequence[Claim]) -> list[Proof]:
        """The proof of each region of one text."""
        return self.prove_all([(text, claims)])[0]

    def prove_all(self, documents: Iterable[tuple[str, Sequence[Claim]]]) -> list[list[Proof]]:
        """The proofs of the regions of all documents of a file; one document may decide for another."""
        tried = [self.usual] if self.stated else [self.usual, *self.likely]
        proved = [_Regions(self, text, claims, tried) for text, claims in documents]
        if all(regions.all_as_usual for regions in proved):
            for regions in proved:
                regions.take_as_usual()
            self._tell_untold(proved)
            return [regions.proofs() for regions in proved]
        for regions in proved:
            regions.doubt()
        unsettled = [regions for regions in proved if regions.open]
        if unsettled:
            odd = [regions for regions in proved if not regions.all_as_usual][:ASKED]
            asked = [*odd, *[regions for regions in proved if regions.all_as_usual and regions.places][:ASKED]]
            for regions in unsettled:
                regions.decide([other for other in asked if other is not regions])
        self._tell_untold(proved)
        return [regions.proofs() for regions in proved]

    def _tell_untold(self, proved: Sequence[_Regions]) -> None:
        """Tells how regions were counted of which nothing is claimed, and which others may stand elsewhere, too."""
        if self.stated:
            return
        odd = [place.ways[0] for regions in proved for place in regions.odd_places[:ASKED]]
        ways = (self.usual, *self.likely, *[way for way, _ in Counter(odd).most_common(TRIED)])
        ways = tuple(dict.fromkeys(ways))
        differing = [regions for regions in proved if regions.differ(ways)]
        untold = [regions for regions in differing if regions.has_untold]
        doubtful = [] if odd else [regions for regions in differing if regions.stand_elsewhere(ways)]
        if not untold and not doubtful:
            return
        told = [regions.borne_out(ways) for regions in differing]
        for regions, choice in zip(
            untold, choose_ways([regions.untold(ways) for regions in untold], told), strict=True
        ):
            regions.choice = choice
        left = frozenset(ways).intersection(*told)
        for regions in doubtful:
            regions.doubtful = regions.stand_elsewhere([way for way in ways if way in left])

    def holds(self, text: str, regions: Sequence[tuple[int, int, str]]) -> bool:
        """Whether the text of each region (start, end, its text) stands where half-open code points say.

        Where that is so for all documents of a file, and code points are usual, there is nothing to prove.
        """
        size = len(text)
        for start, end, said in regions:
            if not 0 <= start < end <= size:
                return False
            held = text[start:end]
            if held != said and not self.is_written(held, said):
                return False
        return True

    def is_written(self, held: str, said: str) -> bool:
        """Whether the tool always writes so what a text holds."""
        return any(spelling.written(held) == said for spelling in self.spellings if not spelling.words)


def reach_of(text: str) -> int:
    """How far one way of counting may at most lead from where another does, within a text.

    No character counts more than 16 times as much as in UTF-8 in any unit of any form, and few more than 5 times.
    """
    blanks = len(text) - len(" ".join(text.split()))
    reach = 2 + text.count("\n") + text.count("\r") + blanks
    if text.isascii():
        return reach
    growth = len(text.encode("utf-8", "surrogatepass")) - len(text)
    return reach + growth * (16 if _LIGATURES.search(text) else 5)


_LIGATURES = re.compile("[\u3200-\u33ff\ufb00-\ufdff\ufe70-\ufeff\U0001d000-\U0001f2ff]")
"""Characters that stand for whole words, of which Unicode's compatibility forms are long."""


def _has_pairs(text: str) -> bool:
    return not text.isascii() and max(text) > "\uffff"


def _stands_alone(text: str, start: int, end: int, reach: int) -> bool:
    """Whether what stands at a span stands nowhere else within reach."""
    held = text[start:end]
    return text.find(held, max(0, start - reach), end - 1) < 0 and text.find(held, start + 1, end + reach) < 0


def _vouches(text: str, near: int, start: int, end: int) -> bool:
    """Whether what stands at a span stands nowhere else where a way of counting could lead that is right at a place."""
    return _stands_alone(text, start, end, reach_of(text[min(start, near) : max(end, near)]))


def _stands_alone_in_any_form(text: str, span: Span, reach: int) -> bool:
    """The same where letters, blanks and line ends may be written otherwise."""
    window = text[max(0, span.start - reach) : span.end + reach]
    return _plainest(window).count(_plainest(text[span.start : span.end])) <= 1


def _plainest(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKD", text).split())


class _Place(NamedTuple):
    """Spans at which what is claimed stands, and the ways of counting that lead there, the simplest first."""

    spans: tuple[Span, ...]
    ways: tuple[Counting, ...]
    spelling: str = ""


class _Rivals:
    """The places at which a region may stand, while other regions are asked which ways of counting they bear out.

    Attributes:
        ways: those that all regions bear out; where a tool is known to count in several ways, each of these will do.
        alike: those that all regions bear out, without exception.
    """

    def __init__(self, places: Sequence[_Place], mixed: set[Counting]) -> None:
        self._places, self._mixed = places, mixed
        self.ways = {way for place in places for way in place.ways}
        self.alike = set(self.ways)

    def ask(self, regions: _Regions, numbers: Iterable[int]) -> None:
        """Leaves out the ways that speak against these regions."""
        for number in numbers:
            if not self.ways and not self.alike:
                return
            borne_out = {way for way in self.ways | self.alike | self._mixed if regions.bears_out(number, way)}
            self.alike &= borne_out
            self.ways &= borne_out | self._mixed if borne_out & self._mixed else borne_out

    @property
    def left_is_one(self) -> bool:
        """Whether all ways that are left lead to one place."""
        return len(_left(self._places, self.ways)) == 1

    @property
    def decided(self) -> _Place | None:
        """The place, if the other regions leave one."""
        for ways in (self.ways, self.alike):
            left = _left(self._places, ways)
            if len(left) == 1:
                return left[0]._replace(ways=tuple(way for way in left[0].ways if way in ways))
        return None


class _Regions:
    """The regions of one text while they are being proved.

    Attributes:
        places: the place of each region that is proved.
        open: the places between which nothing in its own document decides, for each other region with a text.
        choice: how the regions are counted of which nothing is claimed; None if it makes no difference.
        doubtful: regions whose text also stands elsewhere if they are counted otherwise, and the first of those ways.
    """

    def __init__(self, prover: Prover, text: str, claims: Sequence[Claim], tried: list[Counting]) -> None:
        self.prover, self.text, self.claims, self.tried = prover, text, claims, tried
        self.places: dict[int, _Place] = {}
        self.open: dict[int, list[_Place]] = {}
        self.choice: Choice | None = None
        self.doubtful: dict[int, Counting] = {}
        self._refusals: dict[int, str] = {}
        self._rulers: dict[Counting, Ruler] = {}
        self._is_plain = self._stands_as_usual()
        if not self._is_plain:
            self._look_closer()
            self.decide(())

    def _stands_as_usual(self) -> bool:
        """Whether the text of each region stands where the usual way leads; then that is its place for now."""
        told = [(number, claim) for number, claim in enumerate(self.claims) if claim.text]
        if self.prover.usual == CODE_POINTS and all(len(claim.spans) == 1 for _, claim in told):
            if not self.prover.holds(self.text, [(*claim.spans[0], claim.text or "") for _, claim in told]):
                return False
            held = {number: claim.spans for number, claim in told}
        else:
            held = {number: self._held(claim, self.prover.usual) for number, claim in told}
        if not all(held.values()):
            return False
        self.places = {number: _Place(spans, (self.prover.usual,)) for number, spans in held.items()}
        return True

    def take_as_usual(self) -> None:
        """Takes every region at the place to which the usual way leads, if it leads to one."""
        for number, places in list(self.open.items()):
            if left := _left(places, {self.prover.usual}):
                self.places[number] = left[0]
                del self.open[number]

    def doubt(self) -> None:
        """Looks closer at regions that stand as usual, as others in the file do not."""
        if self._is_plain and not self.prover.stated and not self._is_certain():
            self._is_plain = False
            self.places = {}
            self._look_closer()
            self.decide(())

    def _is_certain(self) -> bool:
        """Whether what is claimed of each region stands nowhere else, which is quickly told for nearly all texts."""
        text, size = self.text, len(self.text)
        if not text.isascii() and not unicodedata.is_normalized("NFC", text):
            return False
        has_pairs, reach, sure = _has_pairs(text), reach_of(text), -1
        for place in self.places.values():
            for start, end in place.spans:
                if (reach <= NEAR or sure < 0) and _stands_alone(text, start, end, reach if reach <= NEAR else size):
                    sure = start
                # What is said of a region nearby holds here, unless something in between counts otherwise.
                elif sure < 0 or has_pairs or not _vouches(text, sure, start, end):
                    return False
                else:
                    sure = start
        return True

    @property
    def all_as_usual(self) -> bool:
        """Whether the usual way explains all that is proved here."""
        return all(self.prover.usual in place.ways for place in self.places.values())

    def proofs(self) -> list[Proof]:
        """The proof of each region; what is still open is refused."""
        return [self._proof(number) for number in range(len(self.claims))]

    def decide(self, others: Sequence[_Regions]) -> None:
        """Settles what is open as the other regions say, and then those of other documents."""
        for number, places in list(self.open.items()):
            asked = [other for other in self._told_apart if other != number]
            rivals = _Rivals(places, {self.prover.usual, *self.prover.likely})
            rivals.ask(self, asked)
            for regions in others:
                if regions.all_as_usual and rivals.left_is_one and self.prover.usual in rivals.ways:
                    break
                rivals.ask(regions, regions._told_apart)
            if (place := rivals.decided) is not None:
                self.places[number] = place
                del self.open[number]

    @cached_property
    def _told_apart(self) -> list[int]:
        """The regions that are asked about others: those that are not as usual first, then some from all over."""
        odd = [number for number, place in self.places.items() if self.prover.usual not in place.ways]
        rest = [*(number for number in self.places if number not in set(odd)), *self.open]
        step = -(-len(rest) // ASKED) or 1
        return [*odd[:ASKED], *rest[::step]]

    def bears_out(self, number: int, way: Counting) -> bool:
        """Whether a region stands where it would stand if it was counted so, as far as its place is known."""
        if number in self.places:
            place = self.places[number]
            return way in place.ways or self._held(self.claims[number], way) == place.spans
        return any(way in place.ways for place in self.open.get(number, ()))

    @property
    def odd_places(self) -> list[_Place]:
        """The places to which the usual way does not lead."""
        return [place for place in self.places.values() if self.prover.usual not in place.ways]

    @property
    def has_untold(self) -> bool:
        """Whether nothing is claimed of one of the regions."""
        return any(not claim.text for claim in self.claims)

    def differ(self, ways: Sequence[Counting]) -> bool:
        """Whether it may make a difference for this text in which of some ways offsets are counted."""
        return bool(self.claims) and not all(
            (way == CODE_POINTS or self._ruler(way).is_idle) and not way.inclusive and not way.one_based for way in ways
        )

    def borne_out(self, ways: Sequence[Counting]) -> frozenset[Counting]:
        """Those of some ways in which all regions with a text may have been counted, whatever they are taken for."""
        left = set(ways)
        for number in self._told_apart:
            known = self.open.get(number) or [self.places[number]]
            of_places = {way for place in known for way in place.ways}
            left = {way for way in left if way in of_places or self._held(self.claims[number], way)}
        return frozenset(left)

    def untold(self, ways: Sequence[Counting]) -> Untold:
        """Where the regions stand of which nothing is claimed, in each of some ways."""
        numbers = [number for number, claim in enumerate(self.claims) if not claim.text]
        readings = {
            way: {number: spans for number in numbers if (spans := self._moved(self.claims[number].spans, way))}
            for way in ways
        }
        return Untold(self.text, readings, self.borne_out(ways))

    def stand_elsewhere(self, ways: Sequence[Counting]) -> dict[int, Counting]:
        """The regions whose text also stands at another place in one of some ways, and the first of those."""
        found: dict[int, Counting] = {}
        for number, place in self.places.items():
            for way in ways:
                if self._held(self.claims[number], way) not in ((), place.spans):
                    found.setdefault(number, way)
        return found

    def _look_closer(self) -> None:
        """Settles what stands at one place only, however it was counted; other regions with a text are open."""
        prover = self.prover
        reach = reach_of(self.text)
        unsure = []
        for number, claim in enumerate(self.claims):
            if not claim.text:
                continue
            for way in self.tried:
                spans = self._held(claim, way)
                if spans and (prover.stated or self._is_alone(claim, spans, reach)):
                    self.places[number] = _Place(spans, (way,))
                    break
            else:
                unsure.append(number)
        sure: dict[Counting, list[int]] = {}
        for place in self.places.values():
            sure.setdefault(place.ways[0], []).append(place.spans[0].start)
        for starts in sure.values():
            starts.sort()
        # A region that another one vouches for vouches for the next.
        for number in sorted(unsure, key=lambda number: self.claims[number].spans):
            if not any(self._is_vouched_for(number, way, sure.setdefault(way, [])) for way in self.tried):
                self._look_everywhere(number)

    def _is_alone(self, claim: Claim, spans: tuple[Span, ...], reach: int) -> bool:
        """Whether each piece stands nowhere else where the offsets could lead."""
        for span, given in zip(spans, claim.spans, strict=True):
            away = reach + abs(span.start - given.start)
            if not _stands_alone(self.text, span.start, span.end, away):
                return False
            if not self.text.isascii() and not _stands_alone_in_any_form(self.text, span, away):
                return False
        return True

    def _is_vouched_for(self, number: int, way: Counting, sure: list[int]) -> bool:
        """Whether a certain region nearby leaves no way of counting that leads from there to another place than this.

        A way in which the tool may have counted this region alone must not lead to another place at all.
        """
        claim = self.claims[number]
        spans = self._held(claim, way)
        if len(spans) != 1 or not sure:
            return False
        if any(self._held(claim, other) not in ((), spans) for other in (self.prover.usual, *self.prover.likely)):
            return False
        start, end = spans[0]
        following = bisect_left(sure, start)
        for near in sure[max(0, following - 1) : following + 1]:
            if _vouches(self.text, near, start, end):
                self.places[number] = _Place(spans, (way,))
                sure.insert(following, start)
                return True
        return False

    def _look_everywhere(self, number: int) -> None:
        """Finds all places at which what is claimed stands under some way of counting."""
        claim = self.claims[number]
        places = self._places(claim, self.prover.is_written)
        for spelling in self.prover.spellings:
            if not places and spelling.words:
                found = self._places(claim, lambda held, said, one=spelling: one.written(held) == said)  # type: ignore[misc]
                places = [place._replace(spelling=spelling.words) for place in found]
        if len(places) == 1:
            self.places[number] = places[0]
            if len(self.tried) < TRIED and not self.prover.stated and self.prover.usual not in places[0].ways:
                self.tried.append(places[0].ways[0])
        elif places:
            self.open[number] = places
        else:
            self._refusals[number] = self._nowhere(claim)

    def _places(self, claim: Claim, is_written: Callable[[str, str], bool]) -> list[_Place]:
        said = claim.text or ""
        ways: dict[tuple[Span, ...], list[Counting]] = {}
        for way in self._all_ways():
            spans = self._moved(claim.spans, way)
            if not spans:
                continue
            shown = self.prover.joined.join(map(self._ruler(way).shown, claim.spans)) if way.form else said
            if is_written(self._held_at(spans), said) or (way.form and (shown == said or is_written(shown, said))):
                ways.setdefault(spans, []).append(way)
        return [_Place(spans, tuple(own)) for spans, own in ways.items()]

    def _all_ways(self) -> Iterator[Counting]:
        yield self.prover.usual
        if not self.prover.stated:
            yield from (way for way in self._others if way != self.prover.usual)

    @cached_property
    def _others(self) -> tuple[Counting, ...]:
        return (CODE_POINTS, *fitting(self.text, ()))

    def _held(self, claim: Claim, way: Counting) -> tuple[Span, ...]:
        """The spans of a region that was counted so, if what is claimed stands there as usual; else none."""
        spans = self._moved(claim.spans, way)
        return spans if spans and self.prover.is_written(self._held_at(spans), claim.text or "") else ()

    def _held_at(self, spans: Sequence[Span]) -> str:
        return self.prover.joined.join([self.text[start:end] for start, end in spans])

    def _moved(self, spans: Sequence[Span], way: Counting) -> tuple[Span, ...]:
        """Spans that were counted so, in code points; none if one of them is no span of the text."""
        ruler = self._ruler(way)
        moved = tuple(own for span in spans if (own := ruler.span(span)) is not None)
        return moved if len(moved) == len(spans) else ()

    def _ruler(self, way: Counting) -> Ruler:
        ruler = self._rulers.get(way)
        if ruler is None:
            ruler = self._rulers[way] = Ruler(self.text, way)
        return ruler

    def _proof(self, number: int) -> Proof:
        if number in self._refusals:
            return Proof((), refusal=self._refusals[number])
        if number in self.places:
            place = self.places[number]
            as_usual = self.prover.usual in place.ways
            counted = "" if as_usual else place.ways[0].told
            written = f"whose text is written {place.spelling}" if place.spelling else ""
            note = ""
            if number in self.doubtful:
                usual, other = self.prover.usual.words, self.doubtful[number].words
                note = f"taken to count {usual}, as nothing proves it: their text stands right in {other}, too"
            return Proof(place.spans, cause=" and ".join(filter(None, (counted, written))), note=note)
        if number in self.open:
            return Proof((), refusal=self._undecided(number))
        return self._without_text(self.claims[number])

    def _without_text(self, claim: Claim) -> Proof:
        """A region of which nothing is claimed: where it makes a difference how it was counted, that was told."""
        usual, choice = self.prover.usual, self.choice or Choice(self.prover.usual)
        if choice.way is None:
            return self._untellable(claim)
        spans = self._moved(claim.spans, choice.way)
        if not spans:
            faults = (self._ruler(choice.way).fault(span) for span in claim.spans)
            fault = next(filter(None, faults), "is no span")
            return Proof((), refusal=f"{_shown(claim)} {fault}; mend the offsets")
        if choice.by_edges:
            differs = spans != self._moved(claim.spans, usual) or any(
                self._moved(claim.spans, way) not in ((), spans) for way in self.prover.likely
            )
            told = f"taken to count {choice.way.words}, as words begin and end there and nothing else tells"
            return Proof(spans, note=told if differs else "")
        return Proof(spans, cause="" if spans == self._moved(claim.spans, usual) else choice.way.told)

    def _untellable(self, claim: Claim) -> Proof:
        ways = (self.prover.usual, *self.prover.likely, *(place.ways[0] for place in self.odd_places[:ASKED]))
        found: dict[tuple[Span, ...], Counting] = {}
        for way in ways:
            if spans := self._moved(claim.spans, way):
                found.setdefault(spans, way)
        if len(found) == 1:
            (spans, way), *_ = found.items()
            note = f"taken to count {way.words}, as they are no spans of the text otherwise"
            return Proof(spans, note=note if way != self.prover.usual else "")
        if not found:
            return Proof((), refusal=f"{_shown(claim)} is no span of the text; mend the offsets")
        told = ", or ".join(f"{shortened(self._held_at(spans))!r} in {way.words}" for spans, way in found.items())
        hint = "nor where words end; say with --offsets how offsets are counted"
        return Proof((), refusal=f"{_shown(claim)} is {told}: the file does not say what stands there, {hint}")

    def _nowhere(self, claim: Claim) -> str:
        said = claim.text or ""
        spans = self._moved(claim.spans, self.prover.usual)
        here = f"{shortened(self._held_at(spans))!r}" if spans else "no text"
        first = self.text.find(said)
        if first < 0:
            hint = "it stands nowhere in the text: restore the annotated text"
        elif self.text.find(said, first + 1) < 0:
            hint = f"it stands at [{first}, {first + len(said)}) only: mend the offsets"
        else:
            hint = "mend the offsets"
        counted = self.prover.usual.words if self.prover.stated else "any way of counting"
        return f"{_shown(claim)} is {here}, not {shortened(said)!r}, as the file says, in {counted}; {hint}"

    def _undecided(self, number: int) -> str:
        claim = self.claims[number]
        places = self.open[number][:3]
        told = ", or ".join(f"{_spelled(place.spans)} as {place.ways[0].words}" for place in places)
        said = shortened(claim.text or "")
        hint = "and no other region decides; say with --offsets how offsets are counted"
        return f"{_shown(claim)}: {said!r} stands at {told}, {hint}"


def _left(places: Sequence[_Place], ways: set[Counting]) -> list[_Place]:
    """The places to which one of these ways leads."""
    return [place for place in places if not ways.isdisjoint(place.ways)]


def _spelled(spans: Sequence[Span]) -> str:
    return " ".join(f"[{start}, {end})" for start, end in spans)


def _shown(claim: Claim) -> str:
    return f"region {_spelled(claim.spans)}"
