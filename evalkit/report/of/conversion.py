"""What a conversion wrote and lost, and the draft of a profile, as documents."""

from __future__ import annotations

from evalkit.dataset.making.convert import Conversion
from evalkit.dataset.profiles import ProfileDraft
from evalkit.report.document import Document, Lines
from evalkit.showing import number_of

__all__ = ["document", "draft_document"]


def document(conversion: Conversion) -> Document:
    """For each layer the items read, which are those written and those lost, by kind."""
    articles = number_of(conversion.articles, "article")
    return Document(
        what="conversion",
        title=f"{conversion.destination}: {articles} as {conversion.to}",
        blocks=(Lines.of(*conversion.lines(), whole=True),),
        notes=conversion.notes,
        rows=tuple(
            {"layer": name, "what": what, "items": number}
            for name, counts in conversion.layers.items()
            for what, number in {"written": counts["written"], **counts["lost"]}.items()
        ),
        data=conversion.to_json(),
    )


def draft_document(draft: ProfileDraft) -> Document:
    """The draft, line by line."""
    return Document(
        what="profile",
        title=f"{draft.place}: a draft of a profile",
        blocks=(Lines.of(*draft.text.splitlines(), whole=True),),
        notes=draft.notes,
        rows=tuple(
            {"type": name, "marks": what.marks, "example": what.example} for name, what in draft.found.types.items()
        ),
        data=draft.to_json(),
    )
