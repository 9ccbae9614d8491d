"""trimmed: as exact, after what hardly matters is cut from both ends of gold and predicted spans.

White space, punctuation and quotation marks are cut in every language, and leading articles and complementisers and
possessive endings in the languages that `evalkit/text/lexicons/edge_words.toml` lists. The signature says for which
languages there was a list. An item of which nothing would be left stays as it is. `trimmed:en` takes articles that name
no language to be English.

    gold      ORG “the Harbour Board”
    predicted ORG Harbour Board's          right in English; elsewhere one missed, one spurious
"""

from __future__ import annotations

from collections.abc import Callable

from evalkit.errors import InputError
from evalkit.scoring.arrays import Pieces
from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.text.trimming import edge_lists, trim

__all__ = ["trimmed", "trimmer"]

NO_LANGUAGE = "other"


def trimmed(columns: Columns, lang: str = "") -> Items:
    """Credits under the convention.

    Raises:
        InputError: the texts are not known.
    """
    cut, told = trimmer(columns, lang)
    shapes: dict[Pieces, int] = {(): 0}
    sides, shape_numbers = [], []
    # What is equal as it stands is equal when it is cut, and is paired as it stands.
    rest = columns.unequal
    for side, items in zip(columns.sides, rest, strict=True):
        articles = side.article[items]
        cut_pieces = [
            cut(article, pieces_of(columns, side, item))
            for item, article in zip(items.tolist(), articles.tolist(), strict=True)
        ]
        start = [pieces[0][0] for pieces in cut_pieces]
        end = [pieces[-1][1] for pieces in cut_pieces]
        shape_numbers.append([shapes.setdefault(p, len(shapes)) if len(p) > 1 else 0 for p in cut_pieces])
        sides.append((articles, start, end, side.label[items]))
    shorter = columns_from_arrays(
        columns.articles, columns.labels, sides[0], sides[1],
        gold_shape=shape_numbers[0], predicted_shape=shape_numbers[1], shapes=tuple(shapes),
    )  # fmt: skip
    # Their order says which of the whole items they were made of.
    gold, predicted = (
        items[side.order[equal]] for items, side, equal in zip(rest, shorter.sides, shorter.equal, strict=True)
    )
    return items_of_pairs(columns, gold, predicted, settled=columns.equal, told=told)


def trimmer(columns: Columns, lang: str = "") -> tuple[Callable[[int, Pieces], Pieces], str]:
    """What cuts the pieces of an item of an article (by position), and for which languages there is a list.

    Args:
        columns: both sides, with their texts.
        lang: the language of articles that name none.

    Raises:
        InputError: the texts are not known.
    """
    texts = columns.texts
    if texts is None:
        raise InputError("convention 'trimmed' needs the text of the articles; give the gold with its text")
    languages = [pair.article.lang for pair in columns.pairs] or [""] * len(columns.articles)
    lists = edge_lists()
    codes = [(own or lang).partition("-")[0].lower() for own in languages]
    listed = sorted({code if code in lists else NO_LANGUAGE for code in codes})
    told = "+".join(f"{code}:{'words' if code in lists else 'punctuation'}" for code in listed)

    def cut(article: int, pieces: Pieces) -> Pieces:
        return trim(texts[article], pieces, lists.get(codes[article]))

    return cut, told
