"""Trains the network of `quote-base` over the hidden states of `ner-base`.

python fit.py --config quote-base.toml --data DIR --out DIR    (PYTHONPATH: the repository, ../train_ner, ../train_news)
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from heads import Head, start_from
from model import package_folder
from samples import IGNORED, Sample, samples_of
from torch import Tensor
from torch.nn import functional

from corpus import Sentence, of_example, packed, read_annotations
from evalkit import load_dataset
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.quotes.passages import FEATURE_SIZES, HEADS

HINT = 3


def main() -> None:
    """Read, train, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with stance/ and ner/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--phases", nargs="+", default=["first", "second", "third"])
    parser.add_argument("--start", type=Path, help="weights to start from, to go on with a later phase")
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    marked = [item for item in read_annotations(options.data) if item.part not in config["held_out"]]
    gold = [of_example(example) for example in load_dataset(split="train")]
    print(
        f"{len(marked)} sentences with {sum(len(item.quotes) for item in marked)} quotes, {len(gold)} articles",
        flush=True,
    )
    head = Head(FEATURE_SIZES, 3 * len(HEADS), layers=config["model"]["layers"], dropout=config["model"]["dropout"])
    start_from(head, package_folder(config["init"]) / "model" / "model.safetensors")
    if options.start is not None:
        head.load_state_dict(torch.load(options.start, weights_only=True))
    for settings in config["phase"]:
        if settings["name"] in options.phases:
            train(head, marked, gold, config | settings, options.out / "quotes.pt")
            head.load_state_dict(torch.load(options.out / "quotes.pt", weights_only=True))


def batches(samples: Sequence[Sample], tokens: int, rng: random.Random) -> Iterator[list[Sample]]:
    """Batches of samples of like length, about `tokens` pieces each, in a random order."""
    groups: list[list[Sample]] = [[]]
    for item in sorted(samples, key=lambda item: len(item.hidden) + 8 * rng.random()):
        if groups[-1] and len(item.hidden) * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(item)
    rng.shuffle(groups)
    yield from groups


def padded(items: Sequence[Sample], *, blind: float, rng: random.Random) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, features, attention and tags of a batch; `blind` is the chance that a sample loses its hints."""
    length = max(len(item.hidden) for item in items)
    hidden = torch.zeros((len(items), length, items[0].hidden.shape[1]))
    features = torch.zeros((len(items), length, len(FEATURE_SIZES)), dtype=torch.long)
    tags = torch.full((len(items), length, len(HEADS)), IGNORED, dtype=torch.long)
    for row, item in enumerate(items):
        size = len(item.hidden)
        hidden[row, :size] = torch.from_numpy(item.hidden.astype(np.float32))
        features[row, :size] = torch.from_numpy(item.features.astype(np.int64))
        if rng.random() < blind:
            features[row, :size, HINT] = 1
        tags[row, :size] = torch.from_numpy(item.tags.astype(np.int64))
    return hidden, features, features[:, :, 0] > 0, tags


def loss_of(scores: Tensor, tags: Tensor) -> Tensor:
    """Cross entropy summed over the heads, each a mean over its words."""
    parts = [
        functional.cross_entropy(
            scores[:, :, 3 * head : 3 * head + 3].flatten(0, 1), tags[:, :, head].flatten(), ignore_index=IGNORED
        )
        for head in range(len(HEADS))
        if bool((tags[:, :, head] != IGNORED).any())
    ]
    return torch.stack(parts).sum()


def train(head: Head, marked: list[Sentence], gold: list[Sentence], config: dict[str, Any], path: Path) -> None:
    """Train for the epochs of a phase; `path` gets a moving average of the weights."""
    settings, rng, ner = config, random.Random(f"{config['seed']} {config['name']}"), NerExtractor()
    fresh = [p for name, p in head.named_parameters() if not name.startswith("blocks")]
    groups = [
        {"params": list(head.blocks.parameters()), "base": settings["rate"]},
        {"params": fresh, "base": settings["head_rate"]},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-9, weight_decay=0.01, fused=True)
    average = torch.optim.swa_utils.AveragedModel(
        head, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings["average"])
    )
    articles = list(samples_of(gold, ner, size=config["size"]))
    for epoch in range(settings["epochs"]):
        material = list(samples_of(packed(marked, rng), ner, size=config["size"]))
        material += articles * settings["gold"]
        ready, total, steps = time.monotonic(), 0.0, 0
        chosen = list(batches(material, settings["tokens"], rng))
        for number, items in enumerate(chosen):
            head.train()
            progress = (epoch + number / len(chosen)) / settings["schedule"]
            rate = min(progress / settings["warmup"], (1 - progress) / (1 - settings["warmup"]))
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * max(rate, 1e-3)
            hidden, features, mask, tags = padded(items, blind=settings["blind"], rng=rng)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = head(hidden, features, mask)
            loss = loss_of(scores.float(), tags)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update_parameters(head)
            total, steps = total + float(loss.detach()), steps + 1
        seconds = time.monotonic() - ready
        print(
            f"epoch {epoch}: loss {total / steps:.4f}, {steps} steps, {seconds:.0f} s",
            flush=True,
        )
        torch.save(average.module.state_dict(), path)


if __name__ == "__main__":
    main()
