"""Links of a page, made to lead within the site: to the page that a file has become, else to nothing but its name.

The pages are also read where they lie, in the repository: there a link to `../experiments/gate/README.md` is right.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import PurePosixPath

from manual_site.places import ROOT, TAKEN

__all__ = ["source_of", "with_links"]

_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1`*[ ]*$", re.DOTALL | re.MULTILINE)


def source_of(page: str) -> str:
    """The path in the repository of what a page was made of."""
    taken = {name: path for path, name in TAKEN.items()}
    return taken.get(page, f"docs/{page}")


def with_links(markdown: str, page: str) -> str:
    """The text of a page with its links to files as links to pages; what is no page is named, without a link."""
    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_linked(markdown[end : fence.start()], page), fence[0]]
        end = fence.end()
    return "".join([*parts, _linked(markdown[end:], page)])


def _linked(prose: str, page: str) -> str:
    source = source_of(page)

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), match["path"]))
        anchor = match["anchor"] or ""
        if path in TAKEN:
            target = TAKEN[path]
        elif path == "README.md":
            target, anchor = "index.md", ""
        elif source.startswith("docs/") and not (ROOT / path).exists():
            # A page that is made: mkdocs says whether it is there.
            return match[0]
        elif path.startswith("docs/") and (ROOT / path).is_file():
            target = path.removeprefix("docs/")
        else:
            text = match["text"]
            return text if path in text.strip("`") else f"{text} (`{path}`)"
        # In the site there are no files.
        text = PurePosixPath(target).stem if match["text"].strip("`") == match["path"] else match["text"]
        return f"[{text}]({os.path.relpath(target, posixpath.dirname(page) or '.')}{anchor})"

    return _LINK.sub(link, prose)
