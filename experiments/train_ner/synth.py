"""Made-up sentences that show the rarer labels and the furniture of news pages.

The corpora have few facilities, events and works, and no bylines, captions or datelines. Templates are filled with
invented names; `[PER]`, `[ORG]` and so on are slots, and everything else in a template is outside.
"""

from __future__ import annotations

import calendar
import random
import re

from gazetteer import COUNTRIES, DEMONYMS, TOWNS
from lists import templates, words
from sources import Sentence

_FIRST = words("names", "first")
_LAST = words("names", "last")
_STEMS = words("names", "organisation_stems")
_TAILS = words("names", "organisation_tails")
_BODIES = words("names", "local_bodies")
_OFFICES = words("names", "offices")
_KNOWN = words("names", "organisations")
_RIVERS = words("names", "rivers")
_PATTERNS = {label: words("patterns", label) for label in ("EVENT", "WORK", "FAC", "LOC")}
_GROUPS = (*DEMONYMS, *(f"{name}s" for name in DEMONYMS if name.endswith("an")), *words("names", "parties"))
_COUNTRY_LIST = tuple(sorted(COUNTRIES))
_TEMPLATES = templates()
_MONTHS = tuple(calendar.month_name)[1:]
_WEEKDAYS = tuple(calendar.day_name)
_ROLES = ("political", "science", "health", "education", "diplomatic", "sports", "business")


_ONSETS = words("syllables", "onsets")
_VOWELS = words("syllables", "vowels")
_CODAS = ("", "", "", *words("syllables", "codas"))
_PLACE_ENDS = ("", *words("syllables", "place_ends"))


def coined(rng: random.Random) -> str:
    """A capitalised word that nobody has met, so that only its context can tell what it names."""
    parts = [rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2, 2, 3)))]
    word = "".join(parts).capitalize()
    return word if len(word) > 2 else coined(rng)


def person(rng: random.Random) -> str:
    """A full name, or now and then a last name alone."""
    first, last = rng.choice(_FIRST), coined(rng) if rng.random() < 0.25 else rng.choice(_LAST)
    if rng.random() < 0.15:
        first = coined(rng)
    roll = rng.random()
    if roll < 0.12:
        return last
    if roll < 0.17:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
    if roll < 0.21:
        return f"{first} {rng.choice(_LAST)}-{last.split()[-1]}"
    return f"{first} {last}"


def organisation(rng: random.Random) -> str:
    """The name of a company, body, club, party or outlet."""
    town, stem, tail, roll = rng.choice(TOWNS), rng.choice(_STEMS), rng.choice(_TAILS), rng.random()
    if roll < 0.15:
        return rng.choice(_KNOWN)
    if roll < 0.35:
        return coined(rng) if rng.random() < 0.6 else f"{coined(rng)} {tail}"
    if roll < 0.45:
        return f"{town} {rng.choice(_BODIES)}"
    if roll < 0.55:
        return f"Ministry of {rng.choice(_OFFICES)}" if rng.random() < 0.5 else f"{rng.choice(_OFFICES)} Ministry"
    if roll < 0.65:
        last = rng.choice(_LAST)
        return f"{last} {tail}" if rng.random() < 0.7 else f"{last} & {rng.choice(_LAST)}"
    if roll < 0.72:
        return "".join(rng.choice("ABCDEFGHIKLMNOPRSTUV") for _ in range(rng.choice((3, 3, 4, 5))))
    if roll < 0.8:
        return f"{rng.choice(DEMONYMS)} {stem} {tail}" if rng.random() < 0.5 else f"{rng.choice(DEMONYMS)} {tail}"
    return stem if roll < 0.84 else f"{stem} {tail}"


def name(label: str, rng: random.Random) -> str:
    """A name of the given label."""
    if label == "PER":
        return person(rng)
    if label == "ORG":
        return organisation(rng)
    if label == "GPE" and rng.random() < 0.25:
        return coined(rng) + rng.choice(_PLACE_ENDS)
    if label == "GPE":
        return rng.choice(TOWNS) if rng.random() < 0.7 else rng.choice(_COUNTRY_LIST)
    if label == "NORP":
        return rng.choice(_GROUPS)
    pattern = rng.choice(_PATTERNS[label])
    return _fill(pattern, rng)


def _fill(pattern: str, rng: random.Random) -> str:
    values = {
        "town": rng.choice(TOWNS),
        "first": rng.choice(_FIRST),
        "last": coined(rng) if rng.random() < 0.2 else rng.choice(_LAST),
        "stem": rng.choice(_STEMS),
        "river": coined(rng) if rng.random() < 0.5 else rng.choice(_RIVERS),
        "country": rng.choice(_COUNTRY_LIST),
        "year": str(rng.randint(1990, 2027)),
        "two": str(rng.randint(1, 31)),
        "day": str(rng.randint(1, 28)),
        "month": rng.choice(_MONTHS),
        "weekday": rng.choice(_WEEKDAYS),
        "role": rng.choice(_ROLES),
    }
    return pattern.format(**values)


def sentence(rng: random.Random) -> Sentence:
    """One filled template."""
    text, spans = "", []
    acronym = "".join(rng.choice("ABCDEFGHIKLMNOPRSTUW") for _ in range(rng.choice((3, 3, 4))))
    for part in re.split(r"(\[[A-Z]+\])", _fill(rng.choice(_TEMPLATES), rng)):
        label = part.strip("[]") if re.fullmatch(r"\[[A-Z]+\]", part) else ""
        if not label:
            text += part
            continue
        filled = acronym if label == "ACR" else name("GPE", rng).upper() if label == "CAPGPE" else name(label, rng)
        kind = {"ACR": "ORG", "CAPGPE": "GPE"}.get(label, label)
        spans.append((len(text), len(text) + len(filled), (kind,)))
        text += filled
    return Sentence(text, spans, "\n" if rng.random() < 0.6 else " ")
