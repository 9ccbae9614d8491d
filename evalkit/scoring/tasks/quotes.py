"""Quotes: content, cue, speaker and the two together, side by side and never merged into one number.

Two quotes are matched one-to-one by maximum token F1 of their content, and with zero overlap never. A quote may be in
several pieces and counts once. An item is a quote that has the role: a quote without a cue asks for none, and a
predicted cue for it is spurious. Each side counts under its own kind.

    gold      “We knew,” (said, Moen)       one direct quote
    predicted “We knew,” (said, Ruiz)       exact 1/1, cue-exact 1/1, speaker-entity 0/1, joint 0/1

Kinds of errors:

* `right`: same content (convention `exact`) and same speaker;
* `speaker`: same content, another speaker;
* `boundary`: matched, with other content;
* `duplicate`: a predicted quote over a gold quote that another prediction already has;
* `missed` and `spurious`: the rest.
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS, Convention, Parameter, Property, Task

__all__ = ["TASK"]

_HERE = "evalkit.scoring.tasks.quote_conventions"
_SHARES = "evalkit.scoring.tasks.quote_shares"
_CUE, _MENTION, _WHO = ("cue",), ("speaker",), ("speaker", "speaker_id")
"""What gold must have: a mention of the speaker is not needed to say who speaks."""


def _role(function: str, about: str, needs: tuple[str, ...], **settings: object) -> Convention:
    return Convention(
        function=f"{_HERE}:{function}",
        about=about,
        settings=settings,
        needs=needs,
        excepted={"counts": "its items are the quotes that have the role"},
    )


TASK = Task(
    name="quotes",
    about="what somebody said, the words that report it, and who said it",
    layers=("quotes",),
    conventions={
        "exact": Convention(function=f"{_HERE}:exact", about="1 for the content of a gold quote, whatever its kind"),
        "trimmed": Convention(
            function=f"{_HERE}:trimmed",
            about="as exact, after articles, complementisers and punctuation are cut from both ends",
            parameters=(Parameter(name="lang", about="the language of articles that name none", kind=str, default=""),),
        ),
        "overlap": Convention(
            function=f"{_SHARES}:overlap", about="the share of its characters that the other side covers (Pareti 2013)"
        ),
        "token": Convention(
            function=f"{_SHARES}:token",
            about="items are the tokens of contents, whatever the kind",
            excepted={"counts": "its items are tokens"},
        ),
        "cue-exact": _role("cue", "1 for the cue of the matched gold quote", _CUE, how="exact"),
        "cue-type": _role("cue", "1 for a cue that overlaps that of the matched gold quote", _CUE, how="overlap"),
        "speaker-exact": _role("speaker", "1 for the mention of the matched quote's speaker", _MENTION, how="exact"),
        "speaker-overlap": _role(
            "speaker", "1 for a mention that overlaps that of the speaker", _MENTION, how="overlap"
        ),
        "speaker-entity": _role("speaker", "1 for the speaker as an entity, by id or any mention", _WHO, how="entity"),
        "speaker-exact-given": _role(
            "speaker", "as speaker-exact, over matched quotes only", _MENTION, how="exact", given=True
        ),
        "speaker-overlap-given": _role(
            "speaker", "as speaker-overlap, over matched quotes only", _MENTION, how="overlap", given=True
        ),
        "speaker-entity-given": _role(
            "speaker", "as speaker-entity, over matched quotes only", _WHO, how="entity", given=True
        ),
        "attribution-harm": Convention(
            function=f"{_HERE}:harm",
            about="as speaker-entity, where a wrong person costs 2 (or the number given) of a missing one",
            parameters=(
                Parameter(name="cost", about="what a wrong person costs", kind=int, default=2, least=1, most=100),
            ),
            needs=_WHO,
            excepted={
                "counts": "its items are the quotes that have a speaker, a wrong one several times",
                "swap": "only a predicted speaker can be a wrong one",
            },
        ),
        "joint": Convention(function=f"{_HERE}:joint", about="1 if content and speaker are both right", needs=_WHO),
    },
    main="exact",
    matched="exact",
    kinds=(RIGHT, "speaker", "boundary", DUPLICATE, MISSED, SPURIOUS),
    judged="joint",
    judge="evalkit.scoring.tasks.quote_kinds:quote_kinds",
    properties={
        "speaker": Property(
            function="evalkit.scoring.tasks.quote_kinds:speaker", about="how the speaker is given: name, role, pronoun"
        )
    },
    diagnosed=("exact", "speaker-entity"),
    cases="evalkit.scoring.tasks.linked_cases:linked_sides",
)
