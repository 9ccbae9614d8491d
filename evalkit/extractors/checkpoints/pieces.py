"""Texts as the pieces that a checkpoint reads: whole texts in windows, and a passage beside a second segment."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.errors import ExtractorError, describe_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SAFE", "Padding", "PieceCutter", "Pieces", "TextWindow", "load_cutter", "quiet"]

SAFE: Mapping[str, Any] = {"trust_remote_code": False, "local_files_only": True}
"""What every call that loads something from a checkpoint is given."""

_UNBOUNDED = 1 << 20
_FEWEST_PIECES = 3
_TRIED = 16
_SAVE_IT = "save the tokenizer that it was trained with beside its weights: tokenizer.save_pretrained(FOLDER)"


class Pieces(NamedTuple):
    """What a network reads at once: the ids of the pieces, with the special ones, and which segment each is of."""

    ids: list[int]
    segments: list[int]


class TextWindow(NamedTuple):
    """A part of a text as the network gets it.

    `pieces` are those of the text, at `inner`, between special ones; the first of them is number `first` of the text.
    `offsets` [inner, 2] say where they are in it, in code points.
    """

    first: int
    pieces: Pieces
    inner: slice
    offsets: NDArray[np.int64]


class Padding(NamedTuple):
    """How inputs are made equally long: which id fills them up, and whether on the left."""

    id: int
    left: bool

    def fill(self, inputs: Sequence[Pieces]) -> dict[str, NDArray[np.int64]]:
        """`input_ids`, `attention_mask`, `token_type_ids` and `position_ids`, each [inputs, longest]."""
        import numpy as np

        shape = len(inputs), max(len(pieces.ids) for pieces in inputs)
        ids, mask, segments = np.full(shape, self.id), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, pieces in enumerate(inputs):
            place = self.place(pieces, shape[1])
            ids[row, place], mask[row, place], segments[row, place] = pieces.ids, 1, pieces.segments
        positions = np.maximum(mask.cumsum(axis=1) - 1, 0)
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments, "position_ids": positions}

    def place(self, pieces: Pieces, longest: int) -> slice:
        """Where an input stands among so many."""
        size = len(pieces.ids)
        return slice(longest - size, longest) if self.left else slice(0, size)


class PieceCutter:
    """A fast tokenizer of transformers.

    Attributes:
        padding: how its pieces are filled up.
        longest: how many pieces it was made to give at once.
    """

    def __init__(self, tokenizer: Any) -> None:
        """A cutter with a tokenizer that gives offsets."""
        self._tokenizer = tokenizer
        self.padding = Padding(int(tokenizer.pad_token_id or 0), tokenizer.padding_side == "left")
        self.longest = int(min(tokenizer.model_max_length, _UNBOUNDED))

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
            windows.append(TextWindow(first, Pieces(list(ids), [0] * len(ids)), slice(low, high), places))
            first += high - low - stride
        return windows

    def pair(self, text: str, second: str, length: int, *, around: int = 0) -> tuple[Pieces, bool]:
        """A text and a second segment in at most `length` pieces, and whether the text was cut for it.

        A text that is too long is cut to what lies around the code point `around`, as much on either side as there
        is; a second segment that takes more than half of the room is cut at its end.
        """
        backend = self._tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        first, other = (backend.encode(segment, add_special_tokens=False) for segment in (text, second))
        room = length - backend.num_special_tokens_to_add(True)
        other.truncate(min(len(other), room // 2))
        room -= len(other)
        cut = len(first) > room
        if cut:
            middle = next((at for at, (_, end) in enumerate(first.offsets) if end > around), len(first))
            low = min(max(0, middle - room // 2), len(first) - room)
            first.truncate(low + room)
            first.truncate(room, direction="left")
        both = backend.post_process(first, other)
        return Pieces(both.ids, both.type_ids), cut


def load_cutter(folder: Path, name: str) -> PieceCutter:
    """The tokenizer in the folder of a checkpoint.

    Raises:
        ExtractorError: there is none, or none that gives offsets.
    """
    with quiet() as transformers:
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **SAFE)
            tokenizer.truncation_side = "right"
            cutter = PieceCutter(tokenizer)
            pieces = tokenizer.get_vocab().keys() - set(tokenizer.all_special_tokens)
            if tokenizer.is_fast:
                # What is damaged in it shows with the first words.
                cutter.cut("Some words.", _TRIED, 0)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of the library in Rust is no Exception
            raise ExtractorError(
                f"{name}: transformers cannot load its tokenizer: {describe_error(error)}; {_SAVE_IT}"
            ) from error
    if not tokenizer.is_fast:
        raise ExtractorError(f"{name}: its tokenizer gives no offsets (there is no fast one)")
    # Without files of its own transformers makes one that knows no word, and goes on.
    if len(pieces) < _FEWEST_PIECES:
        raise ExtractorError(
            f"{name}: it has no tokenizer files (tokenizer.json, vocab.txt …) or empty ones; {_SAVE_IT}"
        )
    return cutter


@contextmanager
def quiet() -> Iterator[Any]:
    """The package transformers, without bars and advice: what matters about loading is checked and said in one line."""
    # While it is imported it says that torch is missing, which is no news to who runs an ONNX file.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        transformers: Any = import_module("transformers")
    finally:
        logging.disable(before)
    settings = transformers.utils.logging
    verbosity, bars = settings.get_verbosity(), settings.is_progress_bar_enabled()
    settings.set_verbosity_error()
    settings.disable_progress_bar()
    try:
        yield transformers
    finally:
        settings.set_verbosity(verbosity)
        if bars:
            settings.enable_progress_bar()
