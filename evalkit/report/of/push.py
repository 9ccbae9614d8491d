"""What was put on the hub, or would be: a line, and a row a file."""

from __future__ import annotations

from collections import Counter

from evalkit.dataset.publishing.push import PushResult
from evalkit.report.document import Document, Lines, Table, figure_columns
from evalkit.showing import number_of

__all__ = ["document"]


def document(result: PushResult) -> Document:
    """Files are counted by the folder that they lie in."""
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for name, size in result.files.items():
        place = name.rpartition("/")[0] or name
        sizes[place] += size
        numbers[place] += 1
    where = f"{result.hub_id}, branch {result.revision}" + (f", tag {result.tag}" if result.tag else "")
    what = f"{number_of(len(result.files), 'file')}, {number_of(sum(sizes.values()), 'byte')}"
    said = f"sent as commit {result.commit}" if result.sent else "nothing was sent or asked (dry run)"
    removed = [f"gone there: {name}" for name in result.removed]
    left_out = [f"left out, no file of a dataset: {name}" for name in result.left_out]
    return Document(
        what="push",
        title=f"push to {result.hub_id}",
        blocks=(
            Lines.of(f"{where}: {what}; {said}", *left_out, *removed, whole=True),
            Table(
                columns=figure_columns("place", "files", "bytes"),
                rows=tuple((place, str(numbers[place]), str(sizes[place])) for place in sizes),
                listing=True,
            ),
        ),
        rows=tuple({"file": name, "bytes": size} for name, size in result.files.items()),
        data=result.to_json(),
    )
