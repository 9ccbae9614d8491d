"""The modules of the explorer's front end as one script.

A page that is opened from a disk may not load modules, so they are joined when it is made: each module once, after all
that it imports, in one scope. The modules stay plain files that a browser could load as they are::

    import { make } from "./elements.js";
    export function show(name) { … }

What cannot be joined like that is refused with the file and the line, and nothing else is changed but that comments
on lines of their own are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import OutputError
from evalkit.files import read_text

__all__ = ["FRONT", "bundle_modules", "bundle_styles", "front_loader", "front_script", "front_style"]

FRONT = Path(__file__).parent / "front"
"""The folder of the modules and styles."""

_IMPORT = re.compile(r'import \{(?P<names>[^{}]*)\} from "\./(?P<file>[\w-]+\.js)";')
_EXPORT = re.compile(r"export (?=(?:async function|function|class|const|let) )")
_DECLARED = re.compile(r"(?:export )?(?:async function|function|class|const|let) (?P<name>[\w$]+)")
_REFUSED = {
    r"^import\b": 'an import has the form: import { name } from "./file.js";',
    r"^export\b": "an export stands before a function, class, const or let",
    r"\bimport\s*\(": "modules are imported at their top only",
    r"\bimport\.meta\b": "a joined module has no address",
    r"</script|<!--": "it would end the script, or begin a comment, in a page",
    r"^(?:const|let|var) *[\[{]": "a name of a module is declared by itself",
    r"^var\b": "a name of a module is declared with const or let",
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b": "text becomes elements through `make` only",
}


def front_script() -> str:
    """The whole front end as one script."""
    return bundle_modules({path.name: read_text(path) for path in sorted(FRONT.glob("*.js"))}, "main.js")


def front_loader() -> str:
    """The lines that open the front end in a page."""
    return "\n".join(_without_comments(read_text(FRONT / "loader.js").splitlines())) + "\n"


def front_style() -> str:
    """The styles of the front end."""
    return bundle_styles([read_text(path) for path in sorted(FRONT.glob("*.css"))])


def bundle_modules(modules: Mapping[str, str], entry: str) -> str:
    """Modules as one script that runs as strict code in a scope of its own.

    Args:
        modules: name of a file → its text.
        entry: the file that the script begins with; all others are found from it.

    Raises:
        OutputError: They cannot be joined; names the file, the line and what to write in its place.
    """
    bundle = _Bundle(modules)
    bundle.add(entry, ())
    body = "\n".join(bundle.parts)
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


def bundle_styles(sheets: list[str]) -> str:
    """Style sheets one after the other, without comments."""
    text = re.sub(r"/\*.*?\*/", "", "\n".join(sheets), flags=re.DOTALL)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


@dataclass
class _Bundle:
    """What was joined so far.

    Attributes:
        modules: name of a file → its text.
        parts: the modules without imports and exports, in the order in which they run.
        exports: file → the names that it gives.
        homes: name → the file in which it is declared.
    """

    modules: Mapping[str, str]
    parts: list[str] = field(default_factory=list)
    exports: dict[str, set[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, above: tuple[str, ...]) -> None:
        """Adds a module after those that it imports, unless it is there."""
        if file in above:
            raise OutputError(f"{file}: the modules {' → '.join((*above, file))} import each other in a circle; cut it")
        if file in self.exports:
            return
        if file not in self.modules:
            raise OutputError(f"{above[-1] if above else file}: there is no module {file!r}; check its name")
        text = self.modules[file]
        imports = list(_IMPORT.finditer(text))
        for statement in imports:
            self.add(statement["file"], (*above, file))
            self._check_names(file, statement)
        # Line feeds stay, so that lines keep their numbers for messages.
        text = _IMPORT.sub(lambda statement: "\n" * statement[0].count("\n"), text)
        lines = [self._line(file, number, line) for number, line in enumerate(text.splitlines(), 1)]
        self.exports[file] = {
            declared["name"]
            for line in text.splitlines()
            if line.startswith("export ") and (declared := _DECLARED.match(line))
        }
        self.parts += _without_comments(lines)

    def _check_names(self, file: str, statement: re.Match[str]) -> None:
        for name in filter(None, (part.strip() for part in statement["names"].split(","))):
            if name not in self.exports[statement["file"]]:
                raise OutputError(f"{file}: {statement['file']} exports no {name!r}; names keep their names")

    def _line(self, file: str, number: int, line: str) -> str:
        """A line without `export`, if it can stand in a joined script."""
        where = f"{file}:{number}"
        if declared := _DECLARED.match(line):
            home = self.homes.setdefault(declared["name"], file)
            if home != file:
                raise OutputError(f"{where}: {declared['name']!r} is declared in {home}, too; give one another name")
        joined = _EXPORT.sub("", line, count=1) if line.startswith("export ") else line
        for pattern, remedy in _REFUSED.items():
            if re.search(pattern, joined):
                raise OutputError(f"{where}: {line.strip()!r} cannot be joined; {remedy}")
        if line.count("`") % 2:
            raise OutputError(f"{where}: a template goes on in the next line; end it in its own")
        return joined


def _without_comments(lines: list[str]) -> list[str]:
    """The lines but for empty ones and for comments that have lines of their own."""
    kept, inside = [], False
    for line in lines:
        words = line.strip()
        inside = inside or words.startswith("/*")
        if not inside and words and not words.startswith("//"):
            kept.append(line.rstrip())
        inside = inside and "*/" not in words
    return kept
