"""LaTeX: it compiles, whatever others wrote.

Where there is a pdfLaTeX with the packages it compiles here; everywhere else braces, environments, rows and characters
are checked, which is what others' text could break.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.report.document import Column, Document, Line, Lines, Mark, MarkedArticle, Piece, Table, figure_columns
from evalkit.report.forms.latex import latex_text, render_latex
from evalkit.report.of.table import DOCUMENTS
from evalkit.report.render import render_report
from evalkit.results import EvalResult

COMMANDS = {
    *("providecommand", "evalkitchar", "ifdefined", "XeTeXversion", "luatexversion", "else", "fi"),
    *(
        "begin",
        "end",
        "item",
        "paragraph",
        "noindent",
        "par",
        "hspace",
        "smallskip",
        "centering",
        "small",
        "footnotesize",
    ),
    *("raggedright", "arraybackslash", "ttfamily", "setlength", "tabcolsep", "linewidth", "caption", "label"),
    *(
        "toprule",
        "midrule",
        "bottomrule",
        "endhead",
        "endfoot",
        "textbf",
        "emph",
        "textsubscript",
        "textsuperscript",
        "allowbreak",
    ),
    *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "textquotedbl"),
    *("textasciigrave", "textperiodcentered", "textbullet", "dag", "ldots", "quotedblbase", "rightarrow", "leftarrow"),
    *("pm", "geq", "leq", "times", "approx", "infty", "neq", "alpha", "kappa", "Delta", "surd"),
}
PDFLATEX = shutil.which("pdflatex")


def problems(tex: str) -> list[str]:
    """What would not compile, as far as it can be seen without compiling."""
    wrong = []
    body = "\n".join(line for line in tex.splitlines() if not line.startswith("%"))
    body = re.sub(r"%$", "", body, flags=re.MULTILINE)
    if "%" in re.sub(r"\\%", "", body):
        wrong.append("an open comment")
    depth, lowest = 0, 0
    for sign in re.findall(r"\\.|[{}]", body, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        lowest = min(lowest, depth)
    if depth or lowest < 0:
        wrong.append("braces")
    opened: list[str] = []
    for command, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        if command == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            wrong.append(f"end of {name}")
    wrong += [f"{name} stays open" for name in opened]
    wrong += [f"\\{name}" for name in set(re.findall(r"\\([A-Za-z]+)", body)) - COMMANDS]
    # Two characters for a command of pdfLaTeX that has no character of that kind.
    shown = re.sub(r"\\evalkitchar\{.\}", "", body)
    wrong += [f"U+{ord(one):04X}" for one in set(shown) if ord(one) > 0x17F and one not in "ȘșȚțẞ"]
    wrong += [f"control {ord(one)}" for one in set(shown) if one < " " and one != "\n"]
    grids = re.findall(r"\\begin\{(?:tabular|longtable)\}\{(@\{\}[^\n]*@\{\})\}\n(.*?)\\end\{", body, re.DOTALL)
    for spec, rows in grids:
        bare = re.sub(r"\[.*?\]|@\{\}", "", re.sub(r">\{.*?\}p\{.*?\}", "p", spec))
        for row in re.findall(r"^(.*) \\\\$", rows, re.MULTILINE):
            if len(re.findall(r"(?<!\\)&", row)) + 1 != len(bare):
                wrong.append(f"cells of {row}")
    without_tables = re.sub(r"\\begin\{(tabular|longtable)\}.*?\\end\{\1\}", "", body, flags=re.DOTALL)
    outside = re.sub(r"\\[&#_%${}]", "", without_tables)
    wrong += [f"a bare {sign}" for sign in "&#_^~" if sign in re.sub(r"\$\^\{\**\}\$|#\d", "", outside)]
    if outside.count("$") % 2:
        wrong.append("mathematics stays open")
    return wrong


def compiled(tex: str, folder: Path) -> str:
    """What pdfLaTeX complains of."""
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{array,booktabs,longtable,siunitx}"
    (folder / "all.tex").write_text(f"{head}\n\\begin{{document}}\n{tex}\n\\end{{document}}\n", encoding="utf-8")
    argv = [str(PDFLATEX), "-interaction=nonstopmode", "-draftmode", "all.tex"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=False, timeout=120)
    return "\n".join(line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith("!"))


@pytest.mark.parametrize("name", [pytest.param(name, id=name.partition(":")[2]) for name in DOCUMENTS.table])
class TestEveryResult:
    def test_it_can_be_compiled(self, plain: Mapping[str, Any], name: str):
        assert not problems(render_report(plain[name], "latex"))

    def test_what_others_wrote_breaks_nothing(self, hostile: Mapping[str, Any], name: str):
        text = render_report(hostile[name], "latex")
        assert not problems(text)
        assert r"\textless{}script\textgreater{}" in text or "script" not in text


@pytest.mark.skipif(PDFLATEX is None, reason="there is no pdfLaTeX here")
def test_pdflatex_compiles_every_result(plain: Mapping[str, Any], hostile: Mapping[str, Any], tmp_path: Path):
    texts = [render_report(results[name], "latex") for results in (plain, hostile) for name in DOCUMENTS.table]
    assert compiled("\n\\clearpage\n".join(texts), tmp_path) == ""


class TestChecks:
    """The checks find what they are for."""

    @pytest.mark.parametrize(
        "tex",
        [
            pytest.param("{", id="brace"),
            pytest.param("}{", id="brace-too-early"),
            pytest.param("a % b", id="comment"),
            pytest.param(r"\input{x}", id="command"),
            pytest.param(r"\begin{table}", id="environment"),
            pytest.param("日", id="character"),
            pytest.param("a & b", id="cell-outside"),
            pytest.param("$a", id="mathematics"),
            pytest.param("\\begin{tabular}{@{}lr@{}}\na & b & c \\\\\n\\end{tabular}", id="cells"),
        ],
    )
    def test_it_is_found(self, tex: str):
        assert problems(tex)


class TestText:
    @pytest.mark.parametrize(
        ("text", "tex"),
        [
            pytest.param(r"\input{x}", r"\textbackslash{}input\{x\}", id="command"),
            pytest.param("5 % & #1_2 $ ^ ~", r"5 \% \& \#1\_2 \$ \textasciicircum{} \textasciitilde{}", id="specials"),
            pytest.param("a -- b,, c''", "a -{}- b,{}, c'{}'", id="no-other-sign"),
            pytest.param("[1] *", "{[}1{]} {*}", id="nothing-behind-a-row"),
            pytest.param("“x” … Łódź", r"``x'' \ldots{} Łódź", id="letters"),
            pytest.param("日", r"\evalkitchar{日}{[U+65E5]}", id="other-writing"),
            pytest.param("e\u0301", "é", id="composed"),
            pytest.param("a\x1b\u202eb", r"a\evalkitchar{�}{[U+FFFD]}\evalkitchar{�}{[U+FFFD]}b", id="what-steers"),
        ],
    )
    def test_each(self, text: str, tex: str):
        assert latex_text(text) == tex

    @given(st.text(max_size=40))
    def test_any_text_compiles_anywhere(self, text: str):
        columns = (Column(text, left=True), Column("n"))
        table = Table(title=text, caption=text, signature=text, columns=columns, rows=((text, text),))
        article = MarkedArticle(text=f"a{text}", marks=(Mark(0, 1, text),))
        pieces = (Piece(text, "quoted"), Piece(text, "faint"), Piece(text, "good"))
        blocks = (table, article, Lines(title=text, lines=(Line.of(*pieces, depth=1),)))
        document = Document(what=text, title=text, blocks=blocks, notes=(text,), signature=text, verdict=text)
        assert not problems(render_latex(document))


class TestTable:
    def test_figures_stand_at_their_points_and_marks_above(self):
        table = Table(
            title="entities · exact",
            columns=(*figure_columns("label", "F1", "gold", "change", "95 % CI", ""), Column("seen")),
            rows=(
                ("PER", "0.9", "1179", "-0.123**", "-0.1 +0.2", "**", "50 %"),
                ("ORG", "–", "", "+0.01", "–", "", "–"),
            ),
            rules=(1,),
            strong=(1,),
            caption="95 % of it",
            signature="a|b",
        )
        tex = render_latex(Document(what="x", title="two", blocks=(table,)))
        head = "@{}lS[table-format=1.1]S[table-format=4]S[table-format=+1.3,table-space-text-post={$^{**}$}]rlr@{}"
        assert rf"\begin{{tabular}}{{{head}}}" in tex
        assert r"PER & 0.9 & 1179 & -0.123 {$^{**}$} & $-$0.1 +0.2 & $^{**}$ & 50 \% \\" + "\n\\midrule" in tex
        assert r"\textbf{ORG} & {--} &  & +0.01 & -- &  & -- \\" in tex
        assert r"\caption{entities \textperiodcentered{} exact, two}\label{evalkit:two-entities-exact}" in tex
        assert r"\ttfamily a\textbar\allowbreak{}b\par" in tex
        assert not problems(tex)

    def test_a_long_table_goes_on_on_the_next_page(self):
        rows = tuple((f"a{number}", "0.5") for number in range(41))
        tex = render_latex(Document(what="x", title="t", blocks=(Table(columns=figure_columns("n", "F1"), rows=rows),)))
        assert r"\begin{longtable}" in tex
        assert r"\endhead" in tex
        assert not problems(tex)

    def test_without_rows(self):
        table = Table(columns=figure_columns("n", "F1"), rows=())
        assert not problems(render_latex(Document(what="x", title="t", blocks=(table,))))

    def test_it_names_the_packages_it_needs(self, result: EvalResult):
        head = render_report(result, "latex").splitlines()[:3]
        assert head[2] == r"% \usepackage{array,booktabs,longtable,siunitx}"


def test_a_label_names_the_run_and_outlives_a_correction_of_the_gold():
    def tex(title: str) -> str:
        table = Table(title="entities · exact", columns=figure_columns("label", "F1"), rows=(("PER", "0.5"),))
        return render_latex(Document(what="run", title=title, blocks=(table,)))

    for title in ("rules on news@82a4ef1, split test: 44 articles", "rules on news@0000000, split test: 43 articles"):
        assert r"\label{evalkit:rules-on-news-split-test-entities-exact}" in tex(title)
    assert r"\label{evalkit:trivial-on-news-" in tex("trivial on news@82a4ef1, split test: 44 articles")
