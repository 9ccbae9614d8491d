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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.errors import FormatError, InputError
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

__all__ = ["NO_LABEL", "REPAIRS", "SCHEMES", "DecodedTags", "TokenSpan", "decode_tags", "encode_tags"]


class TokenSpan(NamedTuple):
    """An entity in tokens: `start` inclusive, `end` exclusive."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedTags:
    """The entities of a tag sequence.

    Attributes:
        spans: the entities, by start, end and label.
        repaired: what was not as the scheme wants it, by kind, in tags (`begins-with-inside`, `never-closed`,
            `needless-begin`, `needless-end`, `prefix-outside-scheme`, `unknown-prefix`, `no-prefix`, `no-label`,
            `number`, `outside-variant`, `prefixed-outside`, `several-tags`) and, under `discard`, the `discarded`
            entities.
        scheme: the scheme it was read as.
        first_illegal: the index of the first illegal tag, or None.
    """

    spans: list[TokenSpan]
    repaired: Counter[str]
    scheme: str
    first_illegal: int | None = None


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
    codes: dict[str, int] = {}
    numbers = [codes.setdefault(tag, len(codes)) for tag in tags]
    parts = parse_cells(codes)
    if spelling:
        parts = [[tag._replace(label=spelling.get(tag.label.casefold(), tag.label)) for tag in cell] for cell in parts]
    if all(len(cell) == 1 for cell in parts):
        decoded = _decode_layer(numbers, [cell[0] for cell in parts], wanted, repair, breaks)
    else:
        decoded = _decode_labels(numbers, parts, wanted, repair, breaks)
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
    numbers: list[int], parts: list[list[Tag]], scheme: str, repair: str, breaks: Sequence[int]
) -> DecodedTags:
    outside = Tag(OUTSIDE, "O", "", "")
    labels = sorted({tag.label for cell in parts for tag in cell if tag.kind != OUTSIDE})
    spans: list[TokenSpan] = []
    repaired: Counter[str] = Counter()
    illegal: list[int] = []
    several = {number for number, cell in enumerate(parts) if len(cell) > 1}
    repaired["several-tags"] = sum(number in several for number in numbers)
    if scheme == "auto":
        # The layers of one column share one scheme: detect it on the first tag of every cell.
        scheme = _decode_layer(numbers, [cell[0] for cell in parts], scheme, repair, breaks).scheme
    for label in labels:
        table = [next((tag for tag in cell if tag.label == label), outside) for cell in parts]
        layer = _decode_layer(numbers, table, scheme, repair, breaks)
        spans += layer.spans
        repaired += layer.repaired
        illegal += [] if layer.first_illegal is None else [layer.first_illegal]
    return DecodedTags(
        spans=sorted(set(spans)), repaired=repaired, scheme=scheme, first_illegal=min(illegal, default=None)
    )


class _Runs(NamedTuple):
    """The entities of a layer as arrays: where each starts and ends, and the kind of each tag.

    `touches` says of each entity, and of one more, whether it begins right where one of the same label ends.
    """

    kinds: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]
    touches: np.ndarray[Any, Any]


def _find_runs(codes: np.ndarray[Any, Any], table: list[Tag], label_ids: list[int], breaks: Sequence[int]) -> _Runs:
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


def _decode_layer(numbers: list[int], table: list[Tag], scheme: str, repair: str, breaks: Sequence[int]) -> DecodedTags:
    import numpy as np

    if not numbers:
        return DecodedTags(spans=[], repaired=Counter(), scheme="IOB2" if scheme == "auto" else scheme)
    names = sorted({tag.label for tag in table})
    label_ids = [names.index(tag.label) for tag in table]
    codes = np.array(numbers, dtype=np.int32)
    runs = _find_runs(codes, table, label_ids, breaks)
    letters = {tag.letter for tag in table} - {"O"}
    if scheme == "auto":
        scheme = _detect_scheme(runs, letters)
    odd_tags = np.array([oddity(tag, scheme) for tag in table])[codes]
    repaired = Counter({str(name): int(n) for name, n in zip(*np.unique(odd_tags, return_counts=True), strict=True)})
    del repaired[""]
    bad_start, bad_end = _illegal_ends(runs, scheme)
    repaired["needless-begin" if scheme == "IOB1" else "begins-with-inside"] = int(bad_start.sum())
    repaired["needless-end" if scheme == "IOE1" else "never-closed"] = int(bad_end.sum())
    illegal = np.isin(odd_tags, ("prefix-outside-scheme", "unknown-prefix", "no-prefix"))
    illegal[runs.starts[bad_start]] = True
    illegal[runs.ends[bad_end] - 1] = True
    keep = np.ones(len(runs.starts), dtype=bool)
    if repair == "discard":
        total = np.concatenate(([0], np.cumsum(illegal)))
        keep = total[runs.ends] == total[runs.starts]
        repaired["discarded"] = int((~keep).sum())
    labels = [names[number] for number in np.array(label_ids)[codes[runs.starts[keep]]].tolist()]
    pairs = zip(runs.starts[keep].tolist(), runs.ends[keep].tolist(), labels, strict=True)
    return DecodedTags(
        spans=[TokenSpan(*pair) for pair in pairs],
        repaired=+repaired,
        scheme=scheme,
        first_illegal=int(np.argmax(illegal)) if illegal.any() else None,
    )


def _illegal_ends(runs: _Runs, scheme: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
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
