"""A small gold that is right in every respect; tests break one thing at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.making.store import bundled_gold
from evalkit.formats.inline.markup import parse_inline
from evalkit.records import Example

HARBOUR = """\
id: harbour-strike
title: Dockers walk out
source: Vestkyst Avis
published: 2025-03-14
lang: en
section: economy
country: Norway
---
%% headline
Dockers walk out
%% body
[[Q:q1:direct|“We will not move,”]] [[CUE:q1|said]] [[SPK:q1:moen|[[PER:moen|Ida Moen]]]] of the
[[ORG:council|[[GPE:bergen|Bergen]] City Council]] 🚢 on Friday. [[SPK:q2:moen|She]] [[CUE:q2|warned]]
[[Q:q2:indirect|that [[GPE:norway|Norway]] would pay]].
%% boilerplate
Read also: Bergen in the rain
---
s1 moen -> topic:port-plan against q1
"""

MARKET = """\
id: market-day
title: Market day
source: Vestkyst Avis
published: 2025-03-15
lang: en
section: local
country: Norway
---
%% headline
Market day
%% body
[[PER:ek|Åse Ek]] sold fish in [[GPE:bergen|Bergen]].
---
"""


@pytest.fixture
def good() -> Example:
    """An article with all three layers, an emoji before some of the spans, and no problem."""
    return parse_inline(HARBOUR)


@pytest.fixture
def inline_files(tmp_path: Path) -> Path:
    """A folder of two inline files, and the labels that they may use."""
    folder = tmp_path / "inline"
    folder.mkdir()
    (folder / LABELS_FILE).write_bytes((bundled_gold() / LABELS_FILE).read_bytes())
    (folder / "harbour-strike.txt").write_text(HARBOUR, encoding="utf-8")
    (folder / "market-day.txt").write_text(MARKET, encoding="utf-8")
    return folder
