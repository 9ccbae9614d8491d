"""The explorer as one HTML file that opens from a disk, without a server and without anything from outside.

The overview is plain HTML, so that it can be read without scripts. The application and the data are gzip in base64, in
blocks that no browser runs; a few lines open the application, which opens data as they are asked for. What the page
may run and load says a content security policy: those two scripts and the styles of the page by their hashes, and
nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from evalkit.harmless import clean
from evalkit.report.explorer.bundle import front_loader, front_script, front_style
from evalkit.report.explorer.chunks import packed

__all__ = ["chunk_file", "explorer_page"]

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_CHUNK_FILE = "evalkitChunk"


def explorer_page(
    title: str, overview: str, index: bytes, chunks: Sequence[bytes] = (), *, files: Sequence[str] = ()
) -> bytes:
    """The page as UTF-8.

    Args:
        title: what it shows, as text.
        overview: HTML that is trusted, as `html_piece` makes it.
        index: gzip of the JSON of what is known of all articles.
        chunks: gzip of the JSON of the articles, some at a time.
        files: in place of `chunks`, the addresses of the files with them, beside the page (see `chunk_file`).
    """
    loader, script, style = front_loader(), front_script(), front_style()
    styles = {style, *_STYLE.findall(overview)}
    # A page from a disk has no origin by which files beside it could be told from others, so it is the scripts of the
    # page that are trusted to load them, and nothing that a parser finds is.
    beside = " 'strict-dynamic'" if files else ""
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_sources([loader, script])}{beside}",
            f"style-src {_sources(styles)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types evalkit{' evalkit-chunks' if files else ''}",
        )
    )
    blocks = [_block('id="application"', packed(script)), _block('id="index"', index)]
    blocks += [_block(f'data-chunk="{number}"', chunk) for number, chunk in enumerate(chunks)]
    blocks += [
        f'<script type="text/plain" data-chunk="{number}" data-file="{escape(file)}"></script>'
        for number, file in enumerate(files)
    ]
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=False)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(clean(title))}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#main">Skip to the content</a>',
            '<header id="bar"></header>',
            '<main id="main" tabindex="-1">',
            f'<section id="overview"><h1 tabindex="-1">{escape(clean(title))}</h1>',
            "<noscript><p>The articles need JavaScript; what stands here does not.</p></noscript>",
            overview,
            "</section>",
            "</main>",
            *blocks,
            f"<script>{loader}</script>",
            "</body>",
            "</html>",
            "",
        )
    ).encode()


def chunk_file(chunk: bytes, number: int) -> bytes:
    """A chunk as a file beside the page: a script that hands it over when it is loaded."""
    return f'{_CHUNK_FILE}({number}, "{b64encode(chunk).decode()}");\n'.encode()


def _block(attributes: str, content: bytes) -> str:
    return f'<script type="text/plain" {attributes}>{b64encode(content).decode()}</script>'


def _sources(texts: Iterable[str]) -> str:
    """What a policy calls texts by."""
    return " ".join(sorted(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts))
