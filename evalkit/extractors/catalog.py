"""What can be run here: shipped extractors, installed spaCy pipelines, plugins, and the forms that take an argument.

Nothing is loaded for it: packages are asked for their metadata, and extras are looked for without an import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from evalkit.extractors.identity.contents import folder_bytes
from evalkit.extractors.table import EXTRACTORS, FORMS, NAMED, WORDS, Entry
from evalkit.origin import install_command

__all__ = ["ModelEntry", "list_models"]

_PACKAGE = Path(__file__).parent.parent
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
    for entry in NAMED:
        missing, install = _missing_weights(entry)
        size = sum(folder_bytes(_PACKAGE / folder) for folder in entry.folders)
        yield _listed(entry, "shipped", size=size, missing=missing, install=install)


def _forms() -> Iterator[ModelEntry]:
    for entry in FORMS:
        missing, install = _missing_extra(entry.extra)
        yield _listed(entry, "form", missing=missing, install=install)


def _listed(entry: Entry, kind: str, *, size: int | None = None, missing: str, install: str) -> ModelEntry:
    return ModelEntry(
        name=entry.spelling,
        kind=kind,
        layers=entry.layers,
        licence=entry.licence,
        size=size,
        missing=missing,
        install=install,
        description=entry.description,
    )


def _missing_weights(entry: Entry) -> tuple[str, str]:
    """What is missing of the weights, and the command that installs it."""
    models = [_PACKAGE / folder for folder in entry.folders if folder != WORDS]
    if all((folder / "model.onnx").is_file() for folder in models):
        return "", ""
    return "weights", install_command(options="--force-reinstall --no-deps")


def _missing_extra(extra: str) -> tuple[str, str]:
    """What is missing of an extra, and the command that installs it."""
    if all(find_spec(module) is not None for module in _EXTRAS.get(extra, ())):
        return "", ""
    return f"extra {extra}", install_command(extra)


def _pipelines() -> Iterator[ModelEntry]:
    for point in sorted(entry_points(group="spacy_models"), key=lambda point: point.name):
        yield _installed(point, f"spacy:{point.name}", "installed", ("entities",), extra="spacy")


def _plugins() -> Iterator[ModelEntry]:
    for name, point in sorted(EXTRACTORS.entry_points().items()):
        yield _installed(point, name, "plugin", ())


def _installed(point: EntryPoint, name: str, kind: str, layers: tuple[str, ...], *, extra: str = "") -> ModelEntry:
    package = point.dist
    missing, install = _missing_extra(extra)
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
