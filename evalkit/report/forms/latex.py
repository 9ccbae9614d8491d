r"""Documents as LaTeX, to be read with `\input`: tables for booktabs and siunitx, words as lists.

Whatever stands in a document compiles with pdfLaTeX, XeLaTeX and LuaLaTeX: what pdfLaTeX has no character for is shown
as its number there, and as it is by the others, if their font has it. Charts are their tables here; a drawing is had as
SVG or PNG.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from evalkit.harmless import clean, clean_text
from evalkit.report.document import (
    BAD,
    CUE,
    FAINT,
    GOOD,
    NAME,
    QUOTED,
    STRONG,
    UNSURE,
    Block,
    Chart,
    Column,
    Document,
    Line,
    Lines,
    MarkedArticle,
    Piece,
    Table,
)

__all__ = ["latex_text", "render_latex"]

HEAD = r"""
% \usepackage[T1]{fontenc}  % for pdfLaTeX
% \usepackage{array,booktabs,longtable,siunitx}
\providecommand{\evalkitchar}[2]{%
  \ifdefined\XeTeXversion #1\else\ifdefined\luatexversion #1\else #2\fi\fi}
""".strip()
LONG, WIDE, FULL = 40, 7, 30
"""Rows of a table that may break over pages, columns of one that is set tight, characters of a cell that may break."""

_SPECIAL = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}"},
    **{">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}"},
    # What these begin behind the end of a row.
    **{"[": "{[}", "]": "{]}", "*": "{*}"},
    **{"–": "--", "—": "---", "…": r"\ldots{}", "“": "``", "”": "''", "‘": "`", "’": "'", "„": r"\quotedblbase{}"},
    **{"·": r"\textperiodcentered{}", "−": "$-$", "→": r"$\rightarrow$", "←": r"$\leftarrow$", "±": r"$\pm$"},
    **{"≥": r"$\geq$", "≤": r"$\leq$", "×": r"$\times$", "≈": r"$\approx$", "∞": r"$\infty$", "≠": r"$\neq$"},
    **{"α": r"$\alpha$", "κ": r"$\kappa$", "Δ": r"$\Delta$", "•": r"\textbullet{}", "†": r"\dag{}", "\xa0": "~"},
    **{"✓": r"$\surd$", "✗": r"$\times$", "‐": "-", "‑": "-"},
}
_WITHOUT_CODE = frozenset("\xadĦħĸĿŀŉŦŧſ")
"""Characters of Latin-1 and Latin Extended-A that the T1 encoding lacks, and one that is not seen."""
_MORE_LETTERS = frozenset("ȘșȚțẞ")

_TWO = re.compile("(?<=[-,'])(?=[-,'])")
"""Between signs of which two would become another: `--` a dash."""
_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+)(?:\.(?P<part>\d+))?(?P<marks>[*ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ]*)")
_RAISED = dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "abcdefghijklmnoprstuvwxyz", strict=True))
"""Letters that stand for a run behind the figures of others."""
_PASSING = re.compile(r"@[0-9a-f]{7,}|\b[0-9][0-9,]* articles?\b")
"""What a correction of the gold changes in a title."""
_ABSENT = ("", "–", "·")
_MINUS = re.compile(r"(?<![\w.])-(?=\.?\d)")
_EMPHASIS = {STRONG: "textbf", NAME: "textbf", CUE: "emph"}
_SIGNS = {GOOD: r"$\surd$ ", BAD: r"$\times$ ", UNSURE: "? "}


def render_latex(document: Document) -> str:
    """The blocks and notes in LaTeX, with what they need in comments before; ends in a line feed."""
    title = clean(document.title)
    # A comment ends with its line.
    parts = [f"% {title.encode('ascii', 'replace').decode()}\n{HEAD}"]
    if document.verdict:
        parts.append(rf"\noindent\textbf{{verdict: {latex_text(document.verdict)}}}")
    parts += [part for block in document.blocks for part in _block(block, title)]
    if document.notes:
        parts.append(_list(rf"\item {_figures(note)}" for note in document.notes))
    if document.signature:
        parts.append(rf"\noindent{{{_signature(document.signature)}}}")
    return "\n\n".join(parts) + "\n"


def latex_text(words: str) -> str:
    """The text as plain words: nothing in it is a command, begins a table row or becomes another sign."""
    parts = _TWO.split(unicodedata.normalize("NFC", clean(words)))
    return "{}".join("".join(map(_character, part)) for part in parts)


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _RAISED:
        return rf"\textsuperscript{{{_RAISED[character]}}}"
    latin = "\xa1" <= character <= "\u017f" and character not in _WITHOUT_CODE
    if " " <= character <= "~" or latin or character in _MORE_LETTERS:
        return character
    return rf"\evalkitchar{{{character}}}{{[U+{ord(character):04X}]}}"


def _figures(words: str) -> str:
    """Text in which a hyphen before a number is a minus."""
    return "$-$".join(map(latex_text, _MINUS.split(clean(words))))


def _block(block: Block, title: str) -> Iterator[str]:
    if isinstance(block, Lines):
        yield from _lines(block)
    elif isinstance(block, MarkedArticle):
        yield from _article(block)
    else:
        yield _table(block.table if isinstance(block, Chart) else block, title)


def _table(table: Table, title: str) -> str:
    cells = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.columns)
    kinds = [_column(column, texts) for column, texts in zip(table.columns, cells, strict=True)]
    numeric = [kind.startswith("S") for kind in kinds]
    about = _figures(f"{table.title}, {title}" if table.title else title)
    caption = rf"\caption{{{about}}}\label{{evalkit:{_slug(title, table.title)}}}"
    heads = (f"{{{latex_text(column.name)}}}" if column.name else "" for column in table.columns)
    lines = [r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    body: list[str] = []
    for number, row in enumerate(table.rows):
        if number in table.rules and number:
            body.append(r"\midrule")
        texts = [_cell(text, is_number) for text, is_number in zip(row, numeric, strict=True)]
        if number in table.strong and texts[0]:
            texts[0] = rf"\textbf{{{texts[0]}}}"
        body.append(" & ".join(texts) + r" \\")
    spec = "@{}" + "".join(kinds) + "@{}"
    size = r"\footnotesize\setlength{\tabcolsep}{3pt}" if len(kinds) > WIDE else r"\small"
    note = "\n".join(_notes(table))
    if len(table.rows) > LONG:
        head = [rf"{caption}\\", *lines, r"\endhead", r"\bottomrule", r"\endfoot"]
        parts = [rf"{{{size}", rf"\begin{{longtable}}{{{spec}}}", *head, *body, r"\end{longtable}", note, "}"]
    else:
        head = [r"\begin{table}[htbp]", rf"\centering{size}", rf"{caption}\par\smallskip"]
        parts = [*head, rf"\begin{{tabular}}{{{spec}}}", *lines, *body]
        parts += [r"\bottomrule", r"\end{tabular}", note, r"\end{table}"]
    return "\n".join(filter(None, parts))


def _notes(table: Table) -> Iterator[str]:
    """What is said below a table."""
    if table.caption:
        yield rf"\par\smallskip{{\footnotesize\raggedright {_figures(table.caption)}\par}}"
    if table.signature:
        yield rf"\par\smallskip{{{_signature(table.signature)}}}"


def _slug(*words: str) -> str:
    """What a table is referred to by: what all of it is about, such as a run, and its own title.

    Without what changes with every correction of the gold: its fingerprint, and how many articles there are.
    """
    steady = (_PASSING.sub("", own) for own in words)
    return "-".join(re.findall("[a-z0-9]+", " ".join(steady).lower()))


def _column(column: Column, cells: Sequence[str]) -> str:
    """What stands in the head of a tabular: numbers are set at their points, other figures at the right."""
    numbers = [number for cell in cells if (number := _NUMBER.fullmatch(cell))]
    if not column.left and numbers and all(cell in _ABSENT or _NUMBER.fullmatch(cell) for cell in cells):
        sign = "+" if any(number["sign"] for number in numbers) else ""
        whole, part = (max(len(number[name] or "") for number in numbers) for name in ("whole", "part"))
        marks = max((number["marks"] for number in numbers), key=len)
        after = f",table-space-text-post={{{_raised(marks)}}}" if marks else ""
        return f"S[table-format={sign}{whole}{f'.{part}' if part else ''}{after}]"
    if column.left and max(map(len, cells), default=0) > FULL:
        return r">{\raggedright\arraybackslash}p{.3\linewidth}"
    return "l" if column.left or all(set(cell) <= {"*"} for cell in cells) else "r"


def _cell(text: str, is_number: bool) -> str:
    if set(text) == {"*"}:
        return _raised(text)
    if not is_number:
        return _figures(text)
    number = _NUMBER.fullmatch(text)
    if number is None:
        # siunitx reads what stands in no braces.
        return f"{{{latex_text(text)}}}" if text else ""
    marks = number["marks"]
    return f"{text.removesuffix(marks)} {{{_raised(marks)}}}" if marks else text


def _raised(marks: str) -> str:
    """Stars and letters behind a figure, above the line."""
    letters = "".join(_RAISED.get(mark, mark) for mark in marks)
    return f"$^{{{letters}}}$" if set(letters) == {"*"} else rf"\textsuperscript{{{letters}}}"


def _signature(signature: str) -> str:
    """A long line without spaces, which may break after its bars."""
    words = latex_text(signature).replace(r"\textbar{}", r"\textbar\allowbreak{}")
    return rf"\footnotesize\raggedright\ttfamily {words}\par"


def _lines(block: Lines) -> Iterator[str]:
    if block.title:
        yield rf"\paragraph{{{latex_text(block.title)}}}"
    items = [rf"\item {_indent(line.depth)}{_words(line)}" for line in block.lines if line.pieces]
    if items:
        yield _list(items)


def _indent(depth: int) -> str:
    return rf"\hspace*{{{1.5 * depth:g}em}}" if depth else ""


def _list(items: Iterable[str]) -> str:
    return "\n".join((r"\begin{itemize}", *items, r"\end{itemize}"))


def _words(line: Line) -> str:
    return _SIGNS.get(line.pieces[0].tone, "") + "".join(map(_piece, line.pieces))


def _piece(piece: Piece) -> str:
    words = _figures(piece.text)
    if piece.tone == QUOTED:
        return f"``{words}''"
    if piece.tone == FAINT:
        return rf"{{\small {words}}}"
    command = _EMPHASIS.get(piece.tone)
    return rf"\{command}{{{words}}}" if command else words


def _article(block: MarkedArticle) -> Iterator[str]:
    for kind, start, end in block.zones:
        parts = []
        for step in block.steps(start, end):
            parts.append(r"\par ".join(latex_text(line) for line in clean_text(step.text).split("\n")))
            if step.mark is not None:
                parts.append("{[}" if step.opens else rf"{{]}}\textsubscript{{{latex_text(step.mark.label)}}}")
        yield rf"\noindent\emph{{{latex_text(kind)}}}\par\noindent " + "".join(parts)
