"""What of one split stands in another: how much is known, then the pairs with the passages that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.dataset.leakage.found import Known, Leak, Leakage, LeakSide
from evalkit.harmless import one_line
from evalkit.layers.table import layer_names, load_layer
from evalkit.report.document import FAINT, QUOTED, STRONG, Block, Column, Document, Line, Lines, Piece, Table
from evalkit.showing import number_of

__all__ = ["SHOWN", "document"]

SHOWN = 20
"""So many pairs are shown unless somebody asks for another number."""

LONGEST = 160
NAMED = 40
_BECAUSE = {
    "earlier": "published earlier",
    "credited": "credited by the other",
    "agency": "of an agency",
    "contained": "stands in the other",
    "first by id": "",
}
_WHAT = {
    "articles": "articles that share text",
    "words": "words in shared passages",
    "outlets": "articles of known outlets",
    "dates": "articles not after the last of train",
}


def document(leakage: Leakage, *, limit: int = SHOWN) -> Document:
    """The pairs, those that share most first, and what is known from training data.

    Args:
        leakage: what was found.
        limit: so many pairs are shown; 0 for all.
    """
    ranked = sorted(leakage.pairs, key=lambda pair: -pair.shared)
    shown = ranked[: limit or None]
    left = len(ranked) - len(shown)
    most = number_of(len(shown), "pair that shares most is", "pairs that share most are")
    more = (f"of {len(ranked)} the {most} shown; --limit 0 shows all",) if left else ()
    pairs = number_of(len(ranked), "pair of articles shares text", "pairs of articles share text")
    return Document(
        what="leakage",
        title=f"{one_line(leakage.dataset)}: {pairs if ranked else 'no two articles share text'}",
        blocks=tuple(_blocks(leakage, shown)),
        notes=(*more, *leakage.notes),
        rows=tuple(leakage.rows()),
        data=leakage.to_json(),
    )


def _blocks(leakage: Leakage, shown: Sequence[Leak]) -> Iterator[Block]:
    corpora = [f"{one_line(name, NAMED)} ({number_of(number, 'article')})" for name, number in leakage.against.items()]
    yield Lines.of(
        *(
            f"{split}: {len(leakage.leaked(split))} of {number_of(number, 'article')} with shared text"
            for split, number in leakage.splits.items()
        ),
        *(f"beside {name}" for name in corpora),
    )
    if leakage.known:
        yield _known(leakage.known)
    if shown:
        yield _pairs(shown)
        yield Lines(
            title="longest passage of each",
            lines=tuple(_passage(number, pair) for number, pair in enumerate(shown, 1)),
            hanging=True,
        )


def _known(known: Sequence[Known]) -> Table:
    splits = list(dict.fromkeys(one.split for one in known))
    cells = {(one.split, one.what): _share(one) for one in known}
    return Table(
        title="known from training data",
        columns=(Column("", left=True, folds=True), *map(Column, splits)),
        rows=tuple(
            (_words(what), *(cells.get((split, what), "–") for split in splits))
            for what in dict.fromkeys(one.what for one in known)
        ),
        fixed=1,
    )


def _share(known: Known) -> str:
    return "–" if known.share is None else f"{known.known} of {known.items} ({100 * known.share:.0f} %)"


def _words(what: str) -> str:
    """What is counted, in words: of a part of a layer `speakers of quotes`."""
    layer, dot, part = what.partition(".")
    if what in _WHAT:
        return _WHAT[what]
    if dot and layer in layer_names():
        return f"{load_layer(layer).span_names.get(part, part)}s of {layer}"
    return f"texts of {what}"


def _pairs(shown: Sequence[Leak]) -> Table:
    return Table(
        title="pairs",
        columns=(
            Column(""),
            Column("article", left=True, folds=True),
            Column("in it"),
            Column("other", left=True, folds=True),
            Column("in it"),
            Column("shared", from_width=70),
            Column("original", left=True, folds=True, from_width=70),
        ),
        rows=tuple(
            (
                str(number),
                _name(pair.left),
                f"{100 * pair.containment[0]:.0f} %",
                _name(pair.right),
                f"{100 * pair.containment[1]:.0f} %",
                str(pair.shared),
                _original(pair),
            )
            for number, pair in enumerate(shown, 1)
        ),
        caption="in it: how much of the article stands in the other; shared: different sequences of five words",
    )


def _name(side: LeakSide) -> str:
    """An article after its split, or after the file or folder of its corpus."""
    return one_line(f"{side.split or side.dataset.rstrip('/').rpartition('/')[2]}/{side.id}")


def _original(pair: Leak) -> str:
    if not _BECAUSE[pair.because]:
        return "–"
    return f"{one_line((pair.left if pair.original == 'left' else pair.right).id)}, {_BECAUSE[pair.because]}"


def _passage(number: int, pair: Leak) -> Line:
    left, right = pair.left, pair.right
    return Line(
        (
            Piece(f"{number} ", STRONG),
            Piece(f"{number_of(pair.words, 'word')} "),
            Piece(one_line(pair.text), QUOTED, LONGEST),
            Piece(f" [{_name(left)} {left.start}-{left.end}, {_name(right)} {right.start}-{right.end}]", FAINT),
        )
    )
