"""What can be run here: shipped extractors, installed spaCy pipelines, plugins, and the forms that take an argument.

Nothing is loaded for it: packages are asked for their metadata, and extras are looked for without an import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from evalkit.extractors.checkpoints.folders import folder_bytes
from evalkit.extractors.table import EXTRACTORS
from evalkit.records import LAYERS

__all__ = ["ModelEntry", "list_models"]

_HERE = Path(__file__).parent
_NER, _QUOTES, _STANCE, _NEWS = (
    _HERE / "shipped" / "models" / name for name in ("ner-base", "quote-base", "stance-base", "news-base")
)
_LEXICONS = _HERE.parent / "text" / "lexicons"
_OWN = "Apache-2.0"
_EXTRAS = {"torch": ("torch", "transformers", "safetensors"), "spacy": ("spacy",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One thing that `evalkit run --model` takes.

    Attributes:
        name: how it is asked for; words in capitals stand for what a user puts there.
        kind: shipped, installed, plugin or form.
        layers: what it claims; empty if only the extractor itself can say.
        licence: of its weights or package; empty if that depends on the argument.
        size: bytes of its weights and word lists, or of its package; None if that depends on the argument.
        missing: the extra or the files that it lacks here; empty if it can be run.
        install: the command that installs what is missing.
        description: one line.
    """

    name: str
    kind: str
    layers: tuple[str, ...] = ()
    licence: str = ""
    size: int | None = None
    missing: str = ""
    install: str = ""
    description: str = ""

    @property
    def runnable(self) -> bool:
        """Whether it can be run here and now."""
        return not self.missing


def list_models() -> list[ModelEntry]:
    """Everything that can be asked for by name, shipped first, then what is installed, then the forms."""
    return [*_shipped(), *_pipelines(), *_plugins(), *_forms()]


def _shipped() -> Iterator[ModelEntry]:
    words = folder_bytes(_LEXICONS)
    quotes = (_NER, _QUOTES)
    for name, layers, folders, description in (
        ("ner-base", LAYERS[:1], (_NER,), "names by a 22M-parameter tagger on ONNX Runtime, no torch needed"),
        ("quote-base", LAYERS[:2], quotes, "quotes, cues and speakers by layers over the encoder of ner-base"),
        ("stance-base", LAYERS, (*quotes, _STANCE), "stances by a 22M-parameter classifier over quote-base"),
        ("news-base", LAYERS, (*quotes, _NEWS), "all three in one pass of the encoder of ner-base"),
    ):
        size = sum(map(folder_bytes, folders)) + words
        yield ModelEntry(
            name=name,
            kind="shipped",
            layers=layers,
            licence=_OWN,
            size=size,
            description=description,
            **_weights(*folders),
        )
    yield ModelEntry(
        name="rules",
        kind="shipped",
        layers=LAYERS,
        licence=_OWN,
        size=words,
        description="word lists and patterns, no model",
    )
    yield ModelEntry(
        name="trivial",
        kind="shipped",
        layers=LAYERS,
        licence=_OWN,
        size=0,
        description="capitals and quotation marks: the floor",
    )


def _weights(*folders: Path) -> dict[str, str]:
    """What is missing of the weights in some folders, and the command that installs it."""
    if all((folder / "model.onnx").is_file() for folder in folders):
        return {"missing": "", "install": ""}
    return {"missing": "weights", "install": "pip install --force-reinstall --no-deps evalkit"}


def _pipelines() -> Iterator[ModelEntry]:
    for point in sorted(entry_points(group="spacy_models"), key=lambda point: point.name):
        yield _installed(point, f"spacy:{point.name}", "installed", ("entities",), extra="spacy")


def _plugins() -> Iterator[ModelEntry]:
    for name, point in sorted(EXTRACTORS.entry_points().items()):
        yield _installed(point, name, "plugin", ())


def _installed(point: EntryPoint, name: str, kind: str, layers: tuple[str, ...], *, extra: str = "") -> ModelEntry:
    package = point.dist
    missing, install = _lack(extra)
    return ModelEntry(
        name=name,
        kind=kind,
        layers=layers,
        licence=_licence(package),
        size=_package_bytes(package),
        missing=missing,
        install=install,
        description=f"{point.value} of {package.name} {package.version}" if package is not None else point.value,
    )


def _licence(package: Distribution | None) -> str:
    if package is None:
        return ""
    fields = package.metadata
    # The older field may hold the whole text.
    said = next((str(fields[key]) for key in ("License-Expression", "License") if key in fields), "")
    return said.strip().partition("\n")[0][:40]


def _package_bytes(package: Distribution | None) -> int | None:
    files = package.files if package is not None else None
    return None if files is None else sum(file.size or 0 for file in files)


def _forms() -> Iterator[ModelEntry]:
    for name, layers, extra, description in (
        ("hf:ID_OR_PATH[@REVISION]", (), "torch", "a token (entities) or text (stance) classifier of transformers"),
        ("spacy:NAME", ("entities",), "spacy", "a spaCy pipeline"),
        ("llm:MODEL", LAYERS, "", "a language model behind an OpenAI-compatible endpoint; needs a base URL"),
        ("cmd:PROGRAM", (), "", "a program that reads articles and writes annotations as JSON lines"),
        ("http://HOST/PATH", (), "", "the same over HTTP, or HTTPS"),
        ("module:attr", (), "", "a Python function or class; the current directory is importable"),
    ):
        missing, install = _lack(extra)
        yield ModelEntry(
            name=name, kind="form", layers=layers, missing=missing, install=install, description=description
        )


def _lack(extra: str) -> tuple[str, str]:
    """What is missing of an extra, and the command that installs it."""
    if all(find_spec(module) is not None for module in _EXTRAS.get(extra, ())):
        return "", ""
    return f"extra {extra}", f"pip install 'evalkit[{extra}]'"
