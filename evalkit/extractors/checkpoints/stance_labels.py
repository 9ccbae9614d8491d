"""Which stance each label of a text classifier stands for.

Labels that say so themselves need no map, whatever their case and punctuation: those of stance (`FAVOR`, `con`), of
sentiment (`Positive`) and of inference (`ENTAILMENT`). Of any other, such as `LABEL_0`, nobody can tell, so all labels
are then to be mapped: `LABEL_0=against,LABEL_1=neutral,LABEL_2=favor`, or the same as lines `LABEL_0 = "against"` of a
TOML file. `false` says that a label is none of the three; it is never chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.errors import InputError
from evalkit.extractors.checkpoints.label_names import read_names
from evalkit.records import STANCE_LABELS

__all__ = ["ENTAILMENT", "stances_of"]

ENTAILMENT = frozenset({"entailment", "contradiction"})
"""Labels of inference: that a hypothesis follows from a text, or is at odds with it."""

_MEANT = {
    "favor": "favor favour favorable favourable infavor for pro support supports agree positive pos entailment",
    "against": "against anti con contra oppose opposes disagree negative neg contradiction",
    "neutral": "neutral neu none neither nostance",
}
_KNOWN = {word: stance for stance, words in _MEANT.items() for word in words.split()}


def stances_of(labels: Sequence[str], given: str, spec: str) -> tuple[str | None, ...]:
    """For each label favor, against or neutral, or None if it is none of them.

    Args:
        labels: the labels of the classifier.
        given: the map, as one line or the name of a TOML file; empty if there is none.
        spec: names the classifier in messages.

    Raises:
        InputError: a label without a stance, a map of labels that it does not have, or fewer than two stances.
        FormatError: a TOML file that is no such map.
    """
    mapping = read_names(given, labels, spec, value="STANCE")
    for name, target in mapping.items():
        if target is not None and target not in STANCE_LABELS:
            raise InputError(
                f"{spec}: option labels maps {name!r} to {target!r}; use {', '.join(STANCE_LABELS)} or false"
            )
    stances = [mapping[label] if label in mapping else _KNOWN.get(_plain(label), "") for label in labels]
    lost = [label for label, stance in zip(labels, stances, strict=True) if stance == ""]
    if lost:
        which = "any of them" if lost == list(labels) else _listed(lost)
        raise InputError(
            f"{spec}: its labels are {_listed(labels)}, and nothing says which stance is meant by {which}; map with "
            f"--set labels={','.join(f'{label}=…' for label in lost)} ({', '.join(STANCE_LABELS)}, or false for none)"
        )
    if len(set(stances) - {None}) < 2:
        raise InputError(
            f"{spec}: its labels {_listed(labels)} stand for fewer than two of {', '.join(STANCE_LABELS)}; mend "
            "--set labels"
        )
    return tuple(stances)


def _plain(label: str) -> str:
    return "".join(character for character in label.lower() if character.isalnum())


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)
