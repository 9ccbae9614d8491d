"""Gold with mistakes whose place is known, and systems that err here and there: what the tests suspect."""

from __future__ import annotations

from dataclasses import replace

from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance

NAMES = {"Ida Moen": "PER", "Åse Ek": "PER", "Oslo": "GPE", "Bergen": "GPE", "Norsk Rør": "ORG", "Lofoten": "LOC"}
TEXT = "{0} of {1} met {2} in {3}. “We wait for {1},” {0} said."


def article(number: int) -> Article:
    """One of some articles in which everybody meets everybody."""
    people, places = ("Ida Moen", "Åse Ek"), ("Oslo", "Bergen", "Lofoten")
    one, other = people[number % 2], people[1 - number % 2]
    return Article(id=f"a{number:02}", text=TEXT.format(one, "Norsk Rør", other, places[number % 3]))


def right(one: Article) -> Annotations:
    """What a careful reader says of an article."""
    places = sorted((at, name) for name in NAMES for at in _all(one.text, name))
    entities = [
        Entity(id=f"e{number}", spans=(Span(at, at + len(name)),), label=NAMES[name], entity_id=name.split()[0].lower())
        for number, (at, name) in enumerate(places, 1)
    ]
    content = Span(one.text.index("“"), one.text.index("”") + 1)
    speaker = next(entity for entity in reversed(entities) if entity.label == "PER")
    quote = Quote(id="q1", kind="direct", content=(content,), speaker=speaker.spans[0], speaker_id=speaker.entity_id)
    stance = Stance(
        id="s1", holder=str(speaker.entity_id), target="norsk", label="favor", evidence=(content,), quote_id="q1"
    )
    return Annotations(entities=entities, quotes=[quote], stances=[stance])


def _all(text: str, words: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(words, at)]


def examples(number: int = 12) -> list[Example]:
    """Right gold."""
    return [Example(article=one, gold=right(one)) for one in map(article, range(number))]


def system(gold: list[Example], *, errs_at: int, score: float | None = None) -> list[Prediction]:
    """A system that is right but for one article, where it finds the first name only, with another label."""
    predictions = []
    for number, example in enumerate(gold):
        annotations = right(example.article)
        if number == errs_at:
            first = replace(annotations.entities[0], label="ORG")
            annotations = Annotations(entities=[first], quotes=[], stances=[])
        scored = [replace(entity, score=score) for entity in annotations.entities]
        predictions.append(
            Prediction(article_id=example.article.id, annotations=annotations.with_layers(entities=scored))
        )
    return predictions


def systems(gold: list[Example], number: int = 3) -> dict[str, list[Prediction]]:
    """Some that err in different articles."""
    return {f"system{at}": system(gold, errs_at=at) for at in range(number)}


def with_change(gold: list[Example], number: int, layer: str, **changes: object) -> list[Example]:
    """Gold in which the last item of a layer of one article is changed, or taken out without any change."""
    done = list(gold)
    example = done[number]
    *before, last = example.gold[layer] or ()
    items = [*before, replace(last, **changes)] if changes else before
    done[number] = replace(example, gold=example.gold.with_layers(**{layer: items}))
    return done
