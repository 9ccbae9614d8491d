"""`hf:` with a text classifier: the stance of a holder towards a target, for pairs that the gold gives.

For each pair the classifier reads the passages that tell most about it
(`evalkit.extractors.shipped.stances.candidates`: what the holder says about the target, else sentences that name
both, …; quotes are found by the rules) as first segment, and the hypothesis as second. A passage that is too long is
cut around the first mention of the target in it. Where an article names neither, its beginning is read. The label of
the pair is the stance whose labels are the most probable ones together, in the mean over the passages; of equal ones
the first of favor, against, neutral.

Nothing is found without a pair: entities, quotes and stances of its own are not evaluated.

Settings, besides those of every checkpoint (`evalkit.extractors.checkpoints.token_classification`):
    labels: which stance each label stands for, see `evalkit.extractors.checkpoints.stance_labels`.
    hypothesis: the second segment, with `{holder}` and `{target}` for their longest names; `{target}` alone, or
        `{holder} supports {target}.` for a classifier of inference, whose labels are entailment and contradiction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.errors import InputError, describe_error
from evalkit.extractors.base import LONGEST_ARTICLE, PairLabels, StancePair
from evalkit.extractors.checkpoints.network import CheckpointNetwork
from evalkit.extractors.checkpoints.stance_labels import ENTAILMENT, stances_of
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.options import Options
from evalkit.extractors.rules.extractor import find_entities, find_quotes
from evalkit.extractors.shipped.stances import candidates
from evalkit.extractors.shipped.stances.encoding import Passage
from evalkit.records import AUTHOR, STANCE_LABELS, TOPIC_PREFIX, Annotations, Article
from evalkit.text.sentences import prose_lines
from evalkit.text.zones import zoned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PairClassifier", "PairSettings", "read_pair_settings"]

_SHORTEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSettings:
    """What a classifier is asked, and what its answers mean.

    Attributes:
        hypothesis: the template of the second segment.
        stances: the stance that each label stands for, None for a label that is never chosen.
    """

    hypothesis: str
    stances: tuple[str | None, ...]


def read_pair_settings(given: Options, spec: str, labels: Sequence[str]) -> PairSettings:
    """The settings from the options for a classifier with these labels.

    Raises:
        InputError: the labels cannot be taken for stances, or the hypothesis is no such template.
        FormatError: a TOML file of labels that cannot be used.
    """
    stances = stances_of(labels, given.text("labels"), spec)
    inference = {label.lower() for label in labels} >= ENTAILMENT
    hypothesis = given.text("hypothesis") or ("{holder} supports {target}." if inference else "{target}")
    where = f"{spec}: option hypothesis={hypothesis!r}"
    try:
        hypothesis.format(holder="", target="")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{where} is no template ({describe_error(error).partition(' (')[0]}); its placeholders are {{holder}} and "
            "{target}, a brace is {{ or }}"
        ) from error
    if "{target}" not in hypothesis:
        raise InputError(f"{where} has no {{target}}, so that all pairs of a passage would look alike; add it")
    return PairSettings(hypothesis=hypothesis, stances=stances)


class PairClassifier:
    """Labels holder-target pairs that are given, by a text classifier.

    Attributes:
        name: what it was asked for as.
        layers: stances, of which it finds none itself.
        holds_gil: whether it computes in Python; its network does so outside, on all cores.
    """

    longest_article = LONGEST_ARTICLE
    holds_gil = False

    def __init__(self, network: CheckpointNetwork, name: str, *, settings: PairSettings) -> None:
        """A classifier with a network that is loaded.

        Raises:
            InputError: the network cannot read passages that are so short.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("stances",)
        self.languages = network.languages
        self._network = network
        self._settings = settings
        if network.length < _SHORTEST:
            raise InputError(
                f"{name}: {network.length} pieces are too few for a passage and a target; use at least {_SHORTEST}"
            )

    def fingerprint(self) -> str:
        """SHA-256 over the checkpoint, the settings, the rules that find the passages, and the code."""
        settings = self._settings
        parts = [*self._network.identity(), settings.hypothesis, *map(str, settings.stances)]
        return identity_of(__name__, parts=parts)

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: the checkpoint and how it was run, what was asked, what its labels stood for."""
        pairs = zip(self._network.labels, self._settings.stances, strict=True)
        named = ", ".join(f"{label}→{stance or 'left out'}" for label, stance in pairs)
        return {**self._network.facts(), "hypothesis": self._settings.hypothesis, "labels": named}

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """Nothing, not even an empty layer, for each article: without a pair there is nothing to label."""
        return [Annotations() for _ in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> PairLabels:
        """A stance label for each pair, in the same order.

        Its usage counts passages that were cut, pairs without a passage, and how often each label of the classifier
        was taken for a stance of another name.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        import numpy as np

        page = zoned(article)
        entities = find_entities(page)
        quotes = find_quotes(page, entities)
        counts: Counter[str] = Counter()
        inputs, owners = [], []
        for owner, pair in enumerate(pairs):
            passages = candidates.pair_passages(page, entities, quotes, pair)
            counts["pairs_without_passage"] += not passages
            for passage in passages or [_beginning(page)]:
                around = passage.mentions[0].start if passage.mentions else 0
                hypothesis = self._hypothesis(pair)
                pieces, cut = self._network.cutter.pair(passage.text, hypothesis, self._network.length, around=around)
                counts["cut_passages"] += cut
                inputs.append(pieces)
                owners.append(owner)
        chances = np.array(self._network.probabilities(inputs)).reshape(len(inputs), len(self._network.labels))
        found = [self._stance(chances[np.array(owners) == owner].mean(axis=0), counts) for owner in range(len(pairs))]
        return PairLabels(found, {name: number for name, number in sorted(counts.items()) if number})

    def _hypothesis(self, pair: StancePair) -> str:
        holder = "The author" if pair.holder == AUTHOR else _name(pair.holder, pair.holder_mentions)
        return self._settings.hypothesis.format(holder=holder, target=_name(pair.target, pair.target_mentions))

    def _stance(self, chances: NDArray[np.float64], counts: Counter[str]) -> str:
        """The most probable stance, and which label speaks for it."""
        stances = self._settings.stances
        together = {
            name: sum(float(chance) for chance, stance in zip(chances, stances, strict=True) if stance == name)
            for name in STANCE_LABELS
            if name in stances
        }
        best = max(together, key=lambda name: together[name])
        own = [(float(chances[at]), label) for at, label in enumerate(self._network.labels) if stances[at] == best]
        label = max(own)[1]
        if label.lower() != best:
            counts[f"{label}_taken_for_{best}"] += 1
        return best


def _beginning(article: Article) -> Passage:
    """The lines of prose, of which the first are read, for a pair that the article does not name."""
    return Passage("\n".join(article.text[line.start : line.end] for line, _ in prose_lines(article)), (), "")


def _name(key: str, mentions: Sequence[str]) -> str:
    """The longest of the names in the article, or what the key says."""
    return max(mentions, key=lambda form: (len(form), form), default=key.removeprefix(TOPIC_PREFIX).replace("-", " "))
