"""Checkpoints of transformers: a folder, or what is fetched from the hub for an id. No pickle, no code."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

from evalkit.errors import ExtractorError, InputError, MissingExtraError, UnknownNameError
from evalkit.extractors.identity.contents import folder_sha256
from evalkit.files import parse_json, read_bytes
from evalkit.origin import install_command
from evalkit.shapes import MisfitError, checked, each, fields, list_of, number, ruled, text
from evalkit.wires import proxy_of

__all__ = ["BACKENDS", "Checkpoint", "find_checkpoint", "require_backend"]

BACKENDS = ("torch", "onnx")
"""What can run a checkpoint: torch its safetensors weights, ONNX Runtime its ONNX file."""

_HUB = re.compile(r"(?P<id>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_TEXTS = ("*.json", "*.txt", "*.model", "README.md")
_HEADER = re.compile(r"\A---\n(.*?)^---$", re.DOTALL | re.MULTILINE)
_LANGUAGE = re.compile(r"^languages?:[ \t]*(.*(?:\n[ \t]*-[^\n]*)*)", re.MULTILINE)
_CODE = re.compile(r"[a-z]{2}")
_AGAIN = "save the checkpoint again"


def _label(value: Any) -> None:
    if not isinstance(value, (str, int)):
        raise MisfitError(value, "the name of a label")


_SIZE = number(0, 10**7, whole=True)
_CONFIG = fields(
    {},
    {
        "id2label": ruled(each(_label), lambda labels: "" if labels else "at least one label"),
        "num_labels": number(1, 10**5, whole=True),
        "architectures": list_of(text),
        "model_type": text,
        "pad_token_id": number(-1, 10**7, whole=True),
        **dict.fromkeys(("type_vocab_size", "vocab_size", "max_position_embeddings"), _SIZE),
    },
)
"""What is read of config.json here; transformers reads more of it."""

_ONNX = ("model.onnx", "onnx/model.onnx")
_NEEDED = {"torch": ("torch", "transformers", "safetensors"), "onnx": ("onnxruntime", "transformers")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a checkpoint comes from and where its files lie.

    Attributes:
        source: the folder as it was given, or the id on the hub.
        folder: the folder with its files.
        config: what its config.json says.
        revision: the commit on the hub, empty for a folder.
        onnx: the ONNX file to run, as a path inside the folder; empty to run the safetensors weights with torch.
    """

    source: str
    folder: Path
    config: Mapping[str, Any]
    revision: str = ""
    onnx: str = ""

    @property
    def labels(self) -> list[str]:
        """The name of each output; `LABEL_0`, `LABEL_1` … where the configuration gives none."""
        names = self.config.get("id2label")
        if not isinstance(names, Mapping):
            return [f"LABEL_{place}" for place in range(self.config.get("num_labels") or 2)]
        return [str(names.get(str(place), f"LABEL_{place}")) for place in range(len(names))]

    @property
    def architecture(self) -> str:
        """The class of transformers that wrote it, such as `BertForTokenClassification`; empty if it does not say."""
        return next(map(str, self.config.get("architectures") or ()), "")

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that its card names, as ISO 639-1 codes; empty if it names none, or one that has no such code.

        The card is the README.md of the checkpoint, whose header says `language: en` or has a list of them.
        """
        try:
            card = (self.folder / "README.md").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ()
        header = _HEADER.match(card.replace("\r\n", "\n"))
        named = header and _LANGUAGE.search(header[1])
        words = re.findall(r"\w[\w-]*", named[1].casefold()) if named else []
        # `multilingual`, or a word that is no code: what else it reads is not known.
        return tuple(words) if all(map(_CODE.fullmatch, words)) else ()

    def identity(self) -> str:
        """A string that changes with the files: a commit never does, a folder may."""
        files = f"{self.source}@{self.revision}" if self.revision else folder_sha256(self.folder)
        return f"{files}:{self.onnx}" if self.onnx else files


def require_backend(spec: str, backend: str) -> None:
    """Check that what runs checkpoints is installed.

    Raises:
        MissingExtraError: it is not; the message has the command that installs it.
    """
    missing = [name for name in _NEEDED[backend] if find_spec(name) is None]
    if not missing:
        return
    command = install_command("torch" if backend == "torch" else "")
    other = "; or run its ONNX file, if it has one, with --set backend=onnx" if backend == "torch" else ""
    raise MissingExtraError(f"{spec} needs {' and '.join(missing)}; install it: {command}{other}")


def find_checkpoint(spec: str, *, backend: str = "torch", file: str = "") -> Checkpoint:
    """The checkpoint for `hf:ID_OR_PATH[@REVISION]`; only an id that is no folder here goes to the hub.

    Args:
        spec: the whole spelling.
        backend: one of `BACKENDS`, which decides what weights it must have.
        file: for `onnx`, the file to run, as a path inside the checkpoint; `model.onnx` or `onnx/model.onnx` if empty.

    Raises:
        UnknownNameError: there is none of that name.
        ExtractorError: it cannot be fetched, or has no weights that the backend runs.
        InputError: `file` is no path inside a folder.
    """
    place = PurePosixPath(file)
    if place.is_absolute() or ".." in place.parts:
        raise InputError(f"{spec}: option file={file!r} must be a path inside the checkpoint, such as onnx/model.onnx")
    wanted = () if backend == "torch" else (file,) if file else _ONNX
    name = spec.partition(":")[2]
    folder, revision = Path(name).expanduser(), ""
    if not folder.is_dir():
        hub = _HUB.fullmatch(name)
        if hub is None or name.startswith(".") or folder.is_file():
            raise UnknownNameError(
                f"{spec}: no folder {name!r} here, and not the form of an id of the hub (OWNER/NAME)"
            )
        name = hub["id"]
        folder = _fetch(spec, name, hub["revision"], wanted)
        revision = folder.name
    config = _read_config(spec, folder)
    onnx = _weights(spec, folder, wanted)
    return Checkpoint(source=name, folder=folder, config=config, revision=revision, onnx=onnx)


def _read_config(spec: str, folder: Path) -> Mapping[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise ExtractorError(f"{spec}: {folder} has no config.json; name the folder that save_pretrained wrote")
    config = parse_json(read_bytes(path), f"{spec}: {path}", damaged=_AGAIN)
    checked_config: Mapping[str, Any] = checked(config, _CONFIG, f"{spec}: {path}", _AGAIN)
    return checked_config


def _weights(spec: str, folder: Path, wanted: tuple[str, ...]) -> str:
    """The ONNX file among those that are wanted; empty if none is, after a look for safetensors."""
    if not wanted:
        if not any(folder.glob("*.safetensors")):
            raise ExtractorError(
                f"{spec}: no safetensors weights; evalkit does not read pickle (pytorch_model.bin): save it again with "
                "save_pretrained of a current transformers"
            )
        return ""
    found = next((name for name in wanted if (folder / name).is_file()), None)
    if found is None:
        raise ExtractorError(
            f"{spec}: no {' and no '.join(wanted)} there; export it to ONNX (optimum-cli export onnx), name another "
            "file with --set file=PATH, or leave out backend=onnx"
        )
    return found


def _fetch(spec: str, name: str, revision: str | None, wanted: tuple[str, ...]) -> Path:
    hub: Any = import_module("huggingface_hub")
    if not sys.stderr.isatty():
        import_module("huggingface_hub.utils").disable_progress_bars()
    # Files in folders are the same weights for other runtimes.
    chosen: dict[str, list[str]] = (
        {"allow_patterns": [*_TEXTS, *wanted, *(f"{file}_data" for file in wanted)]}
        if wanted
        else {"allow_patterns": [*_TEXTS, "*.safetensors"], "ignore_patterns": ["*/*"]}
    )
    try:
        return Path(hub.snapshot_download(name, revision=revision, **chosen))
    except Exception as error:
        # The library has many errors for few causes; people need the one line.
        kind, said = type(error).__name__, " ".join(str(error).split())[:200]
        if kind in ("RepositoryNotFoundError", "RevisionNotFoundError", "HFValidationError"):
            raise UnknownNameError(
                f"{spec}: no such checkpoint, neither as a folder here nor on the hub ({kind})"
            ) from error
        raise ExtractorError(
            f"{spec}: no folder of that name here, and it cannot be fetched from the hub ({kind}: {said}); "
            f"check the name and the network{_through_a_proxy(import_module('huggingface_hub.constants').ENDPOINT)}"
        ) from error


def _through_a_proxy(url: str) -> str:
    proxy = proxy_of(url)
    return f" ({proxy})" if proxy else ""
