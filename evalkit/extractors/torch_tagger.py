"""A token classifier of transformers, run by torch; the only file that imports the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.callable import describe_error
from evalkit.extractors.checkpoints import Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TextWindow", "TorchTagger", "load_tagger"]

_UNBOUNDED = 1 << 20


class TextWindow(NamedTuple):
    """A part of a text as the network gets it.

    `ids` are its pieces with the special ones, of which `inner` are those of the text; the first of these is number
    `first` of the text. `offsets` [inner, 2] say where they are in it, in code points.
    """

    first: int
    ids: list[int]
    inner: slice
    offsets: NDArray[np.int64]


class TorchTagger:
    """A network with its tokenizer.

    Attributes:
        labels: the tag of each output.
        device: where it runs, such as `cpu`.
        longest: how many pieces it can read at once, with the special ones.
        version: which torch and transformers run it.
    """

    def __init__(self, tokenizer: Any, model: Any, *, device: str) -> None:
        """A tagger from a fast tokenizer and a model that is on `device`."""
        self._torch: Any = import_module("torch")
        self._tokenizer = tokenizer
        self._model = model
        names = model.config.id2label
        self.labels = [str(names[number]) for number in range(len(names))]
        self.device = device
        self.longest = _longest(tokenizer, model)
        self.version = f"torch {self._torch.__version__}, transformers {import_module('transformers').__version__}"

    def cut(self, text: str, length: int, stride: int) -> list[TextWindow]:
        """The windows of a text, in order, each of at most `length` pieces, `stride` of them shared."""
        import numpy as np

        encoded = self._tokenizer(
            text,
            truncation=True,
            max_length=length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        windows: list[TextWindow] = []
        first = 0
        for ids, mask, offsets in zip(
            encoded["input_ids"], encoded["special_tokens_mask"], encoded["offset_mapping"], strict=True
        ):
            low = next((at for at, special in enumerate(mask) if not special), len(mask))
            high = next((len(mask) - at for at, special in enumerate(reversed(mask)) if not special), low)
            places = np.asarray(offsets[low:high], dtype=np.int64).reshape(-1, 2)
            windows.append(TextWindow(first, list(ids), slice(low, high), places))
            first += high - low - stride
        return windows

    def tag(self, inputs: Sequence[list[int]]) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """The most probable tag of each piece and its probability, for each sequence of ids."""
        torch = self._torch
        longest = max(len(ids) for ids in inputs)
        padding = self._tokenizer.pad_token_id or 0
        padded = [ids + [padding] * (longest - len(ids)) for ids in inputs]
        mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids in inputs]
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor(padded, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
            ).logits
            best = logits.float().softmax(dim=-1).max(dim=-1)
            scores, tags = best.values.double().cpu().numpy(), best.indices.cpu().numpy()
        return [(tags[row, : len(ids)], scores[row, : len(ids)]) for row, ids in enumerate(inputs)]


def load_tagger(checkpoint: Checkpoint, name: str, *, device: str = "auto", dtype: str = "float32") -> TorchTagger:
    """The network of a checkpoint, ready to run.

    Raises:
        ExtractorError: it is no token classifier with a fast tokenizer, or cannot be loaded.
        InputError: the device does not exist here.
    """
    torch: Any = import_module("torch")
    transformers: Any = import_module("transformers")
    place = _device(torch, name, device)
    safe = {"trust_remote_code": False, "local_files_only": True}
    try:
        with _quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint.folder, **safe)
            model, loading = transformers.AutoModelForTokenClassification.from_pretrained(
                checkpoint.folder, use_safetensors=True, dtype=dtype, output_loading_info=True, **safe
            )
    except Exception as error:
        raise ExtractorError(
            f"{name}: transformers cannot load it as a token classifier: {describe_error(error)}"
        ) from error
    _check(name, tokenizer, model, loading)
    tokenizer.truncation_side = "right"
    try:
        model = model.to(place).eval()
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"{name}: cannot run on device {device!r}: {describe_error(error)}; use --set device=cpu"
        ) from error
    return TorchTagger(tokenizer, model, device=place)


def _device(torch: Any, name: str, device: str) -> str:
    if device == "auto":
        mps = getattr(torch.backends, "mps", None)
        return "cuda" if torch.cuda.is_available() else "mps" if mps is not None and mps.is_available() else "cpu"
    try:
        return str(torch.device(device))
    except RuntimeError as error:
        raise InputError(f"{name}: unknown device {device!r}; use auto, cpu, cuda, cuda:1 or mps") from error


def _check(name: str, tokenizer: Any, model: Any, loading: dict[str, Any]) -> None:
    missing = sorted(loading.get("missing_keys") or ())
    if missing:
        # transformers fills them with random numbers and goes on.
        raise ExtractorError(
            f"{name}: {', '.join(model.config.architectures or ['it'])} is no trained token classifier: "
            f"{len(missing)} weights are missing, such as {missing[0]}"
        )
    if not tokenizer.is_fast:
        raise ExtractorError(f"{name}: its tokenizer gives no offsets (there is no fast one)")
    names = [str(label) for label in model.config.id2label.values()]
    if all(label.startswith("LABEL_") for label in names):
        raise ExtractorError(f"{name}: its config.json names no labels (id2label is {', '.join(names[:3])} …)")


def _longest(tokenizer: Any, model: Any) -> int:
    """How many positions the network has; those of RoBERTa count from behind the padding."""
    bounds = [int(min(tokenizer.model_max_length, _UNBOUNDED))]
    table: Any = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if hasattr(table, "num_embeddings"):
        padding = getattr(table, "padding_idx", None)
        bounds.append(int(table.num_embeddings) - (0 if padding is None else int(padding) + 1))
    else:
        bounds.append(int(getattr(model.config, "max_position_embeddings", 0) or _UNBOUNDED))
    return min(bound for bound in bounds if bound > 0)


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No bars and no advice: what matters about loading is checked and said in one line."""
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
