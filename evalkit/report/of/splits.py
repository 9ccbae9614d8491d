"""How articles were laid out in splits, and what is wrong with splits that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.dataset.splitting.checking import SplitCheck
from evalkit.dataset.splitting.division import DatasetSplits, SplitShare, label_totals
from evalkit.report.document import Check, Document, Line, Lines, Table, figure_columns
from evalkit.results import FAIL, PASS
from evalkit.showing import number_of

__all__ = ["check_document", "document"]

_LISTED = 20
"""So many ids and findings of one kind are shown; JSON has all."""


def document(done: DatasetSplits) -> Document:
    """What each split has, and what goes nowhere."""
    groups = f", no {' or '.join(done.groups)} divided" if done.groups else ""
    return Document(
        what="split",
        title=f"{done.dataset}: {number_of(len(done.articles), 'article')} {done.how}{groups}",
        blocks=(share_table(done.splits), *_left_out(done)),
        notes=done.notes,
        rows=tuple({"article_id": name, "split": split, "left_out": ""} for name, split in done.articles.items())
        + tuple({"article_id": one.article_id, "split": "", "left_out": one.reason} for one in done.left_out),
        data=done.to_json(),
    )


def share_table(splits: Sequence[SplitShare]) -> Table:
    """The articles of each split with their share, and the items by label with theirs."""
    rows = [("articles", *(str(one.articles) for one in splits))]
    if any(one.groups != one.articles for one in splits):
        rows.append(("groups", *(str(one.groups) for one in splits)))
    if any(one.aimed is not None for one in splits):
        rows.append(("share asked for", *("–" if one.aimed is None else f"{one.aimed:.1%}" for one in splits)))
    rows.append(("share", *(f"{one.met:.1%}" for one in splits)))
    heads = []
    layer = ""
    for (name, label), total in label_totals(splits).items():
        if name != layer:
            heads.append(len(rows))
            rows.append((name, *[""] * len(splits)))
            layer = name
        numbers = [one.items.get(name, {}).get(label, 0) for one in splits]
        rows.append((f"  {label}", *(f"{number} ({number / total:.0%})" for number in numbers)))
    columns = figure_columns("", *(one.split for one in splits))
    return Table(columns=columns, rows=tuple(rows), strong=tuple(heads), listing=True)


def _left_out(done: DatasetSplits) -> Iterator[Lines]:
    """What goes nowhere, by reason, with the ids."""
    by_reason: dict[str, list[str]] = {}
    for one in done.left_out:
        by_reason.setdefault(one.reason, []).append(one.article_id)
    if by_reason:
        lines = [f"{number_of(len(ids), 'article')}, {reason}: {_some(ids)}" for reason, ids in by_reason.items()]
        yield Lines(title="nowhere", lines=tuple(Line.of(line, depth=1) for line in lines), hanging=True)


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _LISTED} more" if len(texts) > _LISTED else ""
    return ", ".join(texts[:_LISTED]) + more


_KINDS = {
    "divided": ("no group is divided", "divided groups"),
    "misplaced": ("no article is out of its days", "articles out of their days"),
    "labels": ("no label is far off its share", "labels far off their share"),
    "shared": ("no text is shared across splits", "text shared across splits"),
}
"""What is said of each kind of finding if there is none, and above them."""


def check_document(check: SplitCheck) -> Document:
    """What each split has, then what is wrong by kind."""
    findings = check.findings()
    looked_for = [kind for kind in findings if kind != "misplaced" or "days" in check.looked_for]
    number = sum(map(len, findings.values()))
    right = [_KINDS[kind][0] for kind in looked_for if not findings[kind]]
    return Document(
        what="split check",
        title=f"{check.dataset}: " + (number_of(number, "finding") if number else "no finding"),
        blocks=(
            share_table(check.splits),
            *(
                Lines(title=f"{_KINDS[kind][1]}: {len(own)}", lines=tuple(_findings(own)), hanging=True)
                for kind, own in findings.items()
                if own
            ),
            *([Lines.of(f"looked for {', '.join(check.looked_for)}: {'; '.join(right)}")] if right else []),
        ),
        notes=check.notes,
        checks=tuple(
            Check(
                name=_KINDS[kind][0],
                group="splits",
                verdict=FAIL if findings[kind] else PASS,
                reason=_KINDS[kind][1] if findings[kind] else "",
                details=tuple(map(str, findings[kind])),
            )
            for kind in looked_for
        ),
        rows=tuple({"kind": kind, "finding": str(one)} for kind, own in findings.items() for one in own),
        data=check.to_json(),
    )


def _findings(own: Sequence[object]) -> Iterator[Line]:
    for one in own[:_LISTED]:
        yield Line.of(str(one), depth=1)
    if len(own) > _LISTED:
        yield Line.of(f"and {len(own) - _LISTED} more", depth=1)
