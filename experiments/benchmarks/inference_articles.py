"""Articles of newspaper length with gold, made of the paragraphs of the bundled ones.

The bundled articles are all about as long as what a BERT encoder reads at once, and newspapers are not. So to the
bundled articles come others: the head of one bundled article (what stands above its body), then paragraphs drawn from
the bodies of all, each at most once, until a drawn length is reached, then the foot of the first. Lengths are
log-normal: the median is 620 word pieces, one in six made articles is longer than 970 and one in six shorter than 400,
so that a limit of 512 pieces cuts two articles in three and loses about a fifth of the text. Paragraphs bring their
entities along; quotes and stances are left out. A seed decides everything: the same articles on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tokenizers import Tokenizer

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.records import Annotations, Article, Entity, Example, Scope, Span, Zone

__all__ = ["MADE", "WHOLE", "Losses", "lengthened", "losses"]

MEDIAN, SIGMA = 620, 0.45
"""Word pieces of an article, and the standard deviation of their logarithm."""
WHOLE = 300
"""How many articles the benchmark has."""
MADE = "made-"
"""How the ids of made articles begin."""
GAP = "\n\n"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with what was annotated in it; offsets count from its own start."""

    text: str
    pieces: int
    entities: tuple[Entity, ...]
    zones: tuple[Zone, ...]

    @property
    def is_body(self) -> bool:
        """Whether it can stand in any article."""
        return all(zone.kind == "body" for zone in self.zones)


class Losses(NamedTuple):
    """What a limit on word pieces cuts off.

    Attributes:
        articles: share of the articles that are longer.
        text: share of the characters of an article that stand behind the limit, on average over all articles.
        entities: share of the gold mentions that end behind it.
    """

    articles: float
    text: float
    entities: float


def lengthened(count: int, tokenizer: Tokenizer, *, seed: int = 0) -> GoldDataset:
    """So many articles: 300 hold every bundled one, fewer hold as large a share of them, more hold more made ones."""
    bundled = load_dataset(split="all")
    random_ = random.Random(seed)
    parts = [_paragraphs(example, tokenizer) for example in bundled]
    pool = [paragraph for own in parts for paragraph in own if paragraph.is_body]
    known = random_.sample(bundled.examples, min(len(bundled), max(1, count * len(bundled) // WHOLE)))
    made = [_made(f"{MADE}{number:04}", bundled.examples, parts, pool, random_) for number in range(count - len(known))]
    known = [replace(example, gold=replace(example.gold, quotes=None, stances=None)) for example in known]
    return gold_dataset([*known, *made], name="lengthened", split="all", inventory=bundled.inventory)


def losses(gold: GoldDataset, tokenizer: Tokenizer, limit: int) -> Losses:
    """What a window of `limit` pieces, two of them special, leaves of articles that are not cut into windows."""
    kept = [_kept(example.article.text, tokenizer, limit - 2) for example in gold]
    size = [len(example.article.text) for example in gold]
    ends = [[entity.spans[-1].end for entity in example.gold["entities"] or ()] for example in gold]
    return Losses(
        articles=sum(a < b for a, b in zip(kept, size, strict=True)) / len(size),
        text=sum(1 - a / b for a, b in zip(kept, size, strict=True)) / len(size),
        entities=sum(end > a for a, own in zip(kept, ends, strict=True) for end in own) / sum(map(len, ends)),
    )


def _kept(text: str, tokenizer: Tokenizer, limit: int) -> int:
    """How many characters the first `limit` pieces reach."""
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    return len(text) if len(offsets) <= limit else int(offsets[limit - 1][1])


def _paragraphs(example: Example, tokenizer: Tokenizer) -> list[Paragraph]:
    """The lines of an article that are not empty."""
    found, start = [], 0
    for line in example.article.text.splitlines(keepends=True):
        text = line.strip()
        first = start + line.find(text)
        last = first + len(text)
        start += len(line)
        if not text:
            continue
        found.append(
            Paragraph(
                text=text,
                pieces=len(tokenizer.encode(text, add_special_tokens=False).ids),
                entities=tuple(
                    _moved(entity, -first)
                    for entity in example.gold["entities"] or ()
                    if all(first <= span.start and span.end <= last for span in entity.spans)
                ),
                zones=tuple(
                    Zone(zone.kind, max(zone.start, first) - first, min(zone.end, last) - first)
                    for zone in example.article.zones
                    if zone.start < last and first < zone.end
                ),
            )
        )
    return found


def _made(
    name: str,
    bundled: Sequence[Example],
    parts: Sequence[list[Paragraph]],
    pool: Sequence[Paragraph],
    random_: random.Random,
) -> Example:
    frame = random_.randrange(len(parts))
    own = parts[frame]
    length = MEDIAN * math.exp(random_.gauss(0, SIGMA))
    first = next(number for number, paragraph in enumerate(own) if paragraph.is_body)
    head, foot = own[:first], [paragraph for paragraph in own[first:] if not paragraph.is_body]
    used = sum(paragraph.pieces for paragraph in (*head, *foot))
    chosen: list[Paragraph] = []
    for paragraph in random_.sample(pool, len(pool)):
        if used >= length:
            break
        chosen.append(paragraph)
        used += paragraph.pieces
    return _joined(name, [*head, *chosen, *foot], bundled[frame].gold.scope)


def _joined(name: str, paragraphs: Sequence[Paragraph], scope: Scope) -> Example:
    entities: list[Entity] = []
    zones: list[Zone] = []
    at = 0
    for paragraph in paragraphs:
        entities += (_moved(entity, at) for entity in paragraph.entities)
        zones += (Zone(zone.kind, zone.start + at, zone.end + at) for zone in paragraph.zones)
        at += len(paragraph.text) + len(GAP)
    numbered = tuple(replace(entity, id=f"e{number}", entity_id=None) for number, entity in enumerate(entities, 1))
    article = Article(id=name, text=GAP.join(p.text for p in paragraphs), lang="en", zones=tuple(zones))
    return Example(article=article, gold=Annotations(entities=numbered, scope=scope))


def _moved(entity: Entity, by: int) -> Entity:
    return replace(entity, spans=tuple(Span(span.start + by, span.end + by) for span in entity.spans))
