"""Tag schemes: one tag a token, and the entities that a sequence of tags stands for.

One reading serves every scheme. `B`, `S`, `U`, `W` begin an entity, `E`, `L`, `S`, `U`, `W` end it, `I` and `M`
continue one of the same label, `O` is outside; what differs between schemes is only which sequences are legal:

* IOB1: `B` only right after another entity of the same label; IOB2 (BIO): every entity begins with `B`;
* IOE1: `E` only right before another entity of the same label; IOE2 (IOE): every entity ends with `E`;
* IOBES (BIOES, BMES), BILOU (BILUO): begin and end are always marked, `S`/`U` is an entity of one token;
* IO: nothing but the label, with or without `I-`; neighbours of one label are one entity.

A repair policy says what an illegal sequence means. `begin` is the rule of conlleval (Tjong Kim Sang & De Meulder
2003): an `I-` that continues nothing begins an entity, an entity that is never closed ends where its tags end.
`discard` leaves out every entity with an illegal tag, `strict` refuses the file.

Example:
    >>> decode_tags(["B-PER", "I-PER", "O", "I-LOC"]).spans
    [TokenSpan(start=0, end=2, label='PER'), TokenSpan(start=3, end=4, label='LOC')]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from evalkit.errors import FormatError, InputError
from evalkit.formats.tags.repeated import RepeatedTexts, repeated
from evalkit.formats.tags.settings import REPAIRS
from evalkit.formats.tags.tag_cells import (
    BEGIN,
    END,
    INSIDE,
    NO_LABEL,
    OUTSIDE,
    SCHEMES,
    SINGLE,
    Tag,
    known_scheme,
    oddity,
    parse_cells,
)
from evalkit.registry import unknown_name
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int32]

__all__ = [
    "NO_LABEL",
    "REPAIRS",
    "SCHEMES",
    "DecodedTags",
    "TokenSpan",
    "TokenSpans",
    "decode_tags",
    "encode_tags",
    "token_spans",
]


class TokenSpan(NamedTuple):
    """An entity in tokens: `start` inclusive, `end` exclusive."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, eq=False)
class TokenSpans:
    """Entities as arrays, by start, end and label.

    Attributes:
        starts: the first token of each.
        ends: one past its last token.
        label_of: the position of its label in `labels`.
        labels: the labels, sorted; there may be some that no entity has.
    """

    starts: Ints
    ends: Ints
    label_of: Ints
    labels: Sequence[str]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[TokenSpan]:
        labels = map(self.labels.__getitem__, self.label_of.tolist())
        return map(TokenSpan, self.starts.tolist(), self.ends.tolist(), labels)

    def label_counts(self) -> dict[str, int]:
        """How many entities have each label; those that none has are left out."""
        counts = RepeatedTexts(self.labels, self.label_of).counts()
        return {label: number for label, number in zip(self.labels, counts, strict=True) if number}


def token_spans(rows: Iterable[tuple[int, int, int]], labels: Sequence[str]) -> TokenSpans:
    """Entities from their starts, ends and positions in `labels`, sorted and each once."""
    import numpy as np

    columns = np.array(sorted(set(rows)), dtype=np.int32).reshape(-1, 3)
    return TokenSpans(columns[:, 0], columns[:, 1], columns[:, 2], labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedTags:
    """The entities of a tag sequence.

    Attributes:
        found: the entities.
        repaired: what was not as the scheme wants it, by kind, in tags (`begins-with-inside`, `never-closed`,
            `needless-begin`, `needless-end`, `prefix-outside-scheme`, `unknown-prefix`, `no-prefix`, `no-label`,
            `number`, `outside-variant`, `prefixed-outside`, `several-tags`) and, under `discard`, the `discarded`
            entities.
        scheme: the scheme it was read as.
        first_illegal: the index of the first illegal tag, or None.
    """

    found: TokenSpans
    repaired: Counter[str]
    scheme: str
    first_illegal: int | None = None

    @property
    def spans(self) -> list[TokenSpan]:
        """The entities one by one, by start, end and label."""
        return list(self.found)


def decode_tags(
    tags: Sequence[str],
    *,
    scheme: str = "auto",
    repair: str = "begin",
    breaks: Sequence[int] = (),
    spelling: Mapping[str, str] | None = None,
    where: Callable[[int], str] | None = None,
) -> DecodedTags:
    """The entities that `tags` stand for.

    Args:
        tags: one tag a token. A cell with several tags, such as `B-PER,B-LOC`, stands for overlapping entities.
        scheme: one of `SCHEMES`, a common other name of one (BIO, BIOES, BILUO, IOE), or "auto".
        repair: what an illegal sequence means: "begin", "discard" or "strict".
        breaks: indices of tokens that begin a new sequence; no entity continues over one.
        spelling: how to spell labels, from their case-folded form; a label that is not in it stays as it is.
        where: names the place of a tag for messages, from its index.

    Raises:
        UnknownNameError: an unknown scheme or policy.
        FormatError: under "strict", with the place of the first illegal tag and their number.
    """
    if repair not in REPAIRS:
        raise unknown_name("repair policy", repair, REPAIRS)
    wanted = known_scheme(scheme)
    cells = repeated(tags)
    parts = parse_cells(cells.values)
    if spelling:
        parts = [[tag._replace(label=spelling.get(tag.label.casefold(), tag.label)) for tag in cell] for cell in parts]
    if all(len(cell) == 1 for cell in parts):
        decoded = _decode_layer(cells, [cell[0] for cell in parts], wanted, repair, breaks)
    else:
        decoded = _decode_labels(cells, parts, wanted, repair, breaks)
    if repair == "strict" and decoded.first_illegal is not None:
        raise _strict_error(tags, decoded, where)
    return decoded


def _strict_error(tags: Sequence[str], decoded: DecodedTags, where: Callable[[int], str] | None) -> FormatError:
    first = decoded.first_illegal or 0
    place = where(first) if where else f"token {first}"
    harmless = ("number", "outside-variant", "prefixed-outside", "no-label", "several-tags")
    illegal = sum(count for kind, count in decoded.repaired.items() if kind not in harmless)
    previous = f" after {tags[first - 1]!r}" if first else ""
    if decoded.scheme == "IOE1" and first + 1 < len(tags):
        previous = f" before {tags[first + 1]!r}"
    return FormatError(
        f"{place}: tag {tags[first]!r}{previous} is illegal in {decoded.scheme}, the first of {illegal}; "
        "mend the file, name its scheme (--scheme), or read it with --repair begin or discard"
    )


def _decode_labels(
    cells: RepeatedTexts, parts: list[list[Tag]], scheme: str, repair: str, breaks: Sequence[int]
) -> DecodedTags:
    outside = Tag(OUTSIDE, "O", "", "")
    labels = sorted({tag.label for cell in parts for tag in cell if tag.kind != OUTSIDE})
    spans: list[tuple[int, int, int]] = []
    repaired: Counter[str] = Counter()
    illegal: list[int] = []
    several = (number for number, cell in zip(cells.counts(), parts, strict=True) if len(cell) > 1)
    repaired["several-tags"] = sum(several)
    if scheme == "auto":
        # The layers of one column share one scheme: detect it on the first tag of every cell.
        scheme = _decode_layer(cells, [cell[0] for cell in parts], scheme, repair, breaks).scheme
    for number, label in enumerate(labels):
        table = [next((tag for tag in cell if tag.label == label), outside) for cell in parts]
        layer = _decode_layer(cells, table, scheme, repair, breaks)
        spans += ((start, end, number) for start, end, _ in layer.found)
        repaired += layer.repaired
        illegal += [] if layer.first_illegal is None else [layer.first_illegal]
    return DecodedTags(
        found=token_spans(spans, labels),
        repaired=repaired,
        scheme=scheme,
        first_illegal=min(illegal, default=None),
    )


class _Runs(NamedTuple):
    """The entities of a layer as arrays: where each starts and ends, and the kind of each tag.

    `touches` says of each entity, and of one more, whether it begins right where one of the same label ends.
    """

    kinds: NDArray[np.int8]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    touches: NDArray[np.bool_]


def _find_runs(codes: Ints, table: list[Tag], label_ids: list[int], breaks: Sequence[int]) -> _Runs:
    import numpy as np

    kinds = np.array([tag.kind for tag in table], dtype=np.int8)[codes]
    labels = np.array(label_ids, dtype=np.int32)[codes]
    inside = kinds != OUTSIDE
    continues = np.zeros(len(codes), dtype=bool)
    closed = (kinds == END) | (kinds == SINGLE)
    continues[1:] = inside[1:] & inside[:-1] & (labels[1:] == labels[:-1]) & ~closed[:-1]
    continues &= (kinds == INSIDE) | (kinds == END)
    cuts = np.asarray(breaks, dtype=np.int64)
    continues[cuts[cuts < len(codes)]] = False
    starts = np.flatnonzero(inside & ~continues)
    last = inside.copy()
    last[:-1] &= ~continues[1:]
    ends = np.flatnonzero(last) + 1
    touches = np.zeros(len(starts) + 1, dtype=bool)
    touches[1:-1] = (starts[1:] == ends[:-1]) & (labels[starts[1:]] == labels[starts[:-1]])
    touches[:-1] &= ~np.isin(starts, cuts)
    return _Runs(kinds, starts, ends, touches)


def _decode_layer(
    cells: RepeatedTexts, table: list[Tag], scheme: str, repair: str, breaks: Sequence[int]
) -> DecodedTags:
    import numpy as np

    codes = cells.codes
    names = sorted({tag.label for tag in table})
    if not len(codes):
        scheme = "IOB2" if scheme == "auto" else scheme
        return DecodedTags(found=token_spans((), names), repaired=Counter(), scheme=scheme)
    position = {name: number for number, name in enumerate(names)}
    label_ids = [position[tag.label] for tag in table]
    runs = _find_runs(codes, table, label_ids, breaks)
    letters = {tag.letter for tag in table} - {"O"}
    if scheme == "auto":
        scheme = _detect_scheme(runs, letters)
    odd_tags = [oddity(tag, scheme) for tag in table]
    repaired: Counter[str] = Counter()
    for name, number in zip(odd_tags, cells.counts(), strict=True):
        repaired[name] += number
    del repaired[""]
    bad_start, bad_end = _illegal_ends(runs, scheme)
    repaired["needless-begin" if scheme == "IOB1" else "begins-with-inside"] = int(bad_start.sum())
    repaired["needless-end" if scheme == "IOE1" else "never-closed"] = int(bad_end.sum())
    illegal = np.isin(odd_tags, ("prefix-outside-scheme", "unknown-prefix", "no-prefix"))[codes]
    illegal[runs.starts[bad_start]] = True
    illegal[runs.ends[bad_end] - 1] = True
    keep = np.ones(len(runs.starts), dtype=bool)
    if repair == "discard":
        total = np.concatenate(([0], np.cumsum(illegal)))
        keep = total[runs.ends] == total[runs.starts]
        repaired["discarded"] = int((~keep).sum())
    starts, ends = runs.starts[keep].astype(np.int32), runs.ends[keep].astype(np.int32)
    return DecodedTags(
        found=TokenSpans(starts, ends, np.array(label_ids, dtype=np.int32)[codes[starts]], names),
        repaired=+repaired,
        scheme=scheme,
        first_illegal=int(np.argmax(illegal)) if illegal.any() else None,
    )


def _illegal_ends(runs: _Runs, scheme: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of which entities the first tag, and of which the last, is not what the scheme asks for."""
    import numpy as np

    first, last = runs.kinds[runs.starts], runs.kinds[runs.ends - 1]
    bad_start = bad_end = np.zeros(len(runs.starts), dtype=bool)
    if scheme == "IOB1":
        bad_start = (first == BEGIN) & ~runs.touches[:-1]
    elif scheme in ("IOB2", "IOBES", "BILOU"):
        bad_start = (first == INSIDE) | (first == END)
    if scheme == "IOE1":
        bad_end = (last == END) & ~runs.touches[1:]
    elif scheme in ("IOBES", "BILOU", "IOE2"):
        bad_end = (last == BEGIN) | (last == INSIDE)
    return bad_start, bad_end


def _detect_scheme(runs: _Runs, letters: set[str]) -> str:
    """The scheme under which fewest entities of these tags are illegal; the plainer one when it is a draw."""
    first, last = runs.kinds[runs.starts], runs.kinds[runs.ends - 1]
    ended = int(((last == END) | (last == SINGLE)).sum())
    if "B" not in letters and not letters & {"S", "U", "W"}:
        if "E" not in letters and "L" not in letters:
            return "IO"
        needless = int(_illegal_ends(runs, "IOE1")[1].sum())
        return "IOE1" if needless < len(last) - ended else "IOE2"
    if letters - {"B", "I"} and ended * 2 > len(last):
        return "BILOU" if letters & {"L", "U"} else "IOBES"
    # In IOB1 a B stands only right after an entity of the same label; one B elsewhere shows that it is IOB2.
    needed = not _illegal_ends(runs, "IOB1")[0].any()
    return "IOB1" if bool((first == INSIDE).any()) and needed else "IOB2"


def encode_tags(spans: Sequence[tuple[int, int, str]], length: int, *, scheme: str = "IOB2") -> list[str]:
    """One tag for each of `length` tokens.

    Raises:
        InputError: a span is empty, leaves the sequence or overlaps another, which tags cannot express.
        UnknownNameError: an unknown scheme.
    """
    name = known_scheme(scheme)
    name = "IOB2" if name == "auto" else name
    tags = ["O"] * length
    ordered = sorted(spans)
    for number, (start, end, label) in enumerate(ordered):
        if not 0 <= start < end <= length:
            raise InputError(f"span {start}-{end} ({label}) does not fit {number_of(length, 'token')}; leave it out")
        previous = ordered[number - 1] if number else (0, 0, "")
        if start < previous[1]:
            raise InputError(f"span {start}-{end} ({label}) overlaps {previous[0]}-{previous[1]}; tags cannot nest")
        touches_left = number > 0 and previous[1] == start and previous[2] == label
        following = ordered[number + 1] if number + 1 < len(ordered) else (-1, -1, "")
        touches_right = following[0] == end and following[2] == label
        letters = _letters(end - start, name, touches_left, touches_right)
        tags[start:end] = [f"{letter}-{label}" for letter in letters]
    return tags


def _letters(size: int, scheme: str, touches_left: bool, touches_right: bool) -> str:
    if scheme in ("IOBES", "BILOU"):
        end, single = ("E", "S") if scheme == "IOBES" else ("L", "U")
        return single if size == 1 else "B" + "I" * (size - 2) + end
    if scheme == "IOB2" or (scheme == "IOB1" and touches_left):
        return "B" + "I" * (size - 1)
    if scheme == "IOE2" or (scheme == "IOE1" and touches_right):
        return "I" * (size - 1) + "E"
    return "I" * size
