"""Quotes: content, cue, speaker and the two together, side by side and never merged into one number.

Two quotes are matched one-to-one by maximum token F1 of their content, and with zero overlap never. A quote may be in
several pieces and counts once. An item is a quote that has the role: a quote without a cue asks for none, and a
predicted cue for it is spurious. Each side counts under its own kind.

    gold      “We knew,” (said, Moen)       one direct quote
    predicted “We knew,” (said, Ruiz)       exact 1/1, cue-exact 1/1, speaker-entity 0/1, joint 0/1
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import Convention, Task

__all__ = ["TASK"]

_HERE = "evalkit.scoring.quotes:quote_tables"
_ROLES = {"counts": "its items are the quotes that have the role"}


def _role(name: str, about: str) -> Convention:
    return Convention(function=_HERE, about=about, excepted=_ROLES)


TASK = Task(
    name="quotes",
    about="what somebody said, the words that report it, and who said it",
    layers=("quotes",),
    conventions={
        "exact": Convention(function=_HERE, about="1 for the content of a gold quote, whatever its kind"),
        "overlap": Convention(
            function=_HERE,
            about="the share of its characters that the other side covers (Pareti 2013)",
        ),
        "token": Convention(
            function=_HERE,
            about="items are the tokens of contents, whatever the kind",
            excepted={"counts": "its items are tokens"},
        ),
        "cue-exact": _role("cue_exact", "1 for the cue of the matched gold quote"),
        "cue-type": _role("cue_type", "1 for a cue that overlaps that of the matched gold quote"),
        "speaker-exact": _role("speaker_exact", "1 for the speaker's mention; a missed quote is a missed speaker"),
        "speaker-overlap": _role("speaker_overlap", "1 for a mention that overlaps the speaker's"),
        "speaker-entity": _role("speaker_entity", "1 for the speaker as an entity, by id or by any of its mentions"),
        "speaker-exact-given": _role("speaker_exact_given", "as speaker-exact, over matched quotes only"),
        "speaker-overlap-given": _role("speaker_overlap_given", "as speaker-overlap, over matched quotes only"),
        "speaker-entity-given": _role("speaker_entity_given", "as speaker-entity, over matched quotes only"),
        "joint": Convention(function=_HERE, about="1 if content (exact) and speaker (entity) are both right"),
    },
    main="exact",
    expected=True,
)
