"""Trains `stance-base`.

python fit.py --config stance-base.toml --data DIR --out DIR        (PYTHONPATH: the repository and ../train_ner)
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from model import package_folder
from network import Judge, pretrained
from readers import Item, read_all, split
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from train import Pace

from evalkit.extractors.shipped.stances.encoding import LABELS, encode, read_valence

Encoded = tuple[np.ndarray, np.ndarray, int]


def main() -> None:
    """Read, train, measure on what was held out, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with stance/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help="instead of the minutes in the configuration")
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    if options.minutes:
        config["main"]["minutes"] = options.minutes
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config["seed"])
    folder = package_folder(config["init"]) / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    write_valence(package_folder(config["lexicon"]) / "vader_lexicon.txt", options.out / "valence.txt")
    valence = read_valence(options.out / "valence.txt")
    kept, held = split(read_all(options.data), config["held_out"])
    size = config["main"]["size"]

    def encoded(items: Iterable[Item]) -> list[Encoded]:
        return [(*encode(i.passage, tokenizer, valence, size=size), LABELS.index(i.label)) for i in items]

    corpora = {name: encoded(i for i in kept if i.source == name) for name in sorted({i.source for i in kept})}
    measured = {"held out": encoded(held), "several targets": encoded(i for i in held if i.several)}
    print({name: len(items) for name, items in (corpora | measured).items()}, flush=True)
    model = pretrained(folder / "model.safetensors", dropout=config["model"]["dropout"])
    train(model, corpora, measured, config, options.out / "model.pt")


def write_valence(lexicon: Path, path: Path) -> None:
    """Write the plain words of VADER's lexicon with their mean valence, -4 to 4, as 1 to 9."""
    rows = [line.split("\t")[:2] for line in lexicon.read_text(encoding="utf-8").splitlines() if line.strip()]
    words = {word.lower(): 5 + round(float(mean)) for word, mean in rows if word.isalpha()}
    path.write_text("".join(f"{word}\t{value}\n" for word, value in sorted(words.items()) if value != 5), "utf-8")


class Draw:
    """Draws items of the corpora without end; the chance of a corpus moves from its start to its end."""

    def __init__(self, corpora: dict[str, list[Encoded]], settings: dict[str, Any], seed: int) -> None:
        self.corpora, self.settings = corpora, settings
        self.rng = random.Random(seed)
        self.orders: dict[str, list[Encoded]] = {}
        self.progress = 0.0

    def item(self) -> Encoded:
        """The next item."""
        first, last = self.settings["start"], self.settings["end"]
        names = list(self.corpora)
        shares = [
            len(self.corpora[name]) * (first[name] + (last[name] - first[name]) * self.progress) for name in names
        ]
        name = self.rng.choices(names, shares)[0]
        if not self.orders.get(name):
            self.orders[name] = self.rng.sample(self.corpora[name], len(self.corpora[name]))
        return self.orders[name].pop()

    def batches(self, tokens: int) -> Iterator[list[Encoded]]:
        """Batches of about `tokens` pieces with padding, of items of like length."""
        while True:
            pool = sorted((self.item() for _ in range(600)), key=lambda item: len(item[0]))
            groups: list[list[Encoded]] = [[]]
            for item in pool:
                if groups[-1] and len(item[0]) * (len(groups[-1]) + 1) > tokens:
                    groups.append([])
                groups[-1].append(item)
            self.rng.shuffle(groups)
            yield from groups


def padded(items: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pieces, features, attention and labels of a batch."""
    length = max(len(pieces) for pieces, _, _ in items)
    pieces = torch.zeros((len(items), length), dtype=torch.long)
    features = torch.zeros((len(items), length, items[0][1].shape[1]), dtype=torch.long)
    mask = torch.zeros((len(items), length), dtype=torch.bool)
    for row, (ids, table, _) in enumerate(items):
        pieces[row, : len(ids)] = torch.from_numpy(ids)
        features[row, : len(ids)] = torch.from_numpy(table)
        mask[row, : len(ids)] = True
    return pieces, features, mask, torch.tensor([label for _, _, label in items])


def train(
    model: Judge,
    corpora: dict[str, list[Encoded]],
    measured: dict[str, list[Encoded]],
    config: dict[str, Any],
    path: Path,
) -> None:
    """Train by the clock; `path` gets the moving average of the weights."""
    settings = config["main"]
    head = [
        p for name, p in model.named_parameters() if ".features." in name or ".late." in name or "classifier" in name
    ]
    ids = {id(p) for p in head}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in ids], "base": settings["rate"]},
        {"params": head, "base": settings["head_rate"]},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-9, weight_decay=0.01, fused=True)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings["average"])
    )
    counts = Counter(label for items in (corpora["newsmtsc"], corpora["gold"]) for _, _, label in items)
    balance = torch.tensor([sum(counts.values()) / len(LABELS) / counts[label] for label in range(len(LABELS))])
    draw, pace = Draw(corpora, settings, config["seed"]), Pace()
    begin, step, shown, mean = time.monotonic(), 0, 0, 0.0
    for items in draw.batches(settings["tokens"]):
        model.train()
        draw.progress = progress = (time.monotonic() - begin) / 60 / settings["minutes"]
        if progress >= 1:
            break
        rate = min(progress / settings["warmup"], (1 - progress) / (1 - settings["warmup"]))
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * rate
        pieces, features, mask, labels = padded(items)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(pieces, features, mask)
        loss = functional.cross_entropy(scores.float(), labels, weight=balance, label_smoothing=settings["smoothing"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update_parameters(model)
        step += 1
        mean += (loss.item() - mean) / min(step, 100)
        pace.step(step, int(mask.sum()))
        if step % 50 == 0:
            print(f"step {step} progress {progress:.3f} loss {mean:.4f} pieces/s {pace.speed}", flush=True)
        if int(progress * 4) > shown:
            shown = int(progress * 4)
            report(average.module, measured)
            torch.save(average.module.state_dict(), path)
    report(average.module, measured)
    torch.save(average.module.state_dict(), path)
    print(f"{step} steps, {time.monotonic() - begin:.0f} s", flush=True)


def report(model: Judge, measured: dict[str, list[Encoded]]) -> None:
    """Print accuracy and F1 for each set."""
    model.eval()
    for name, items in measured.items():
        table = np.zeros((3, 3), dtype=int)
        ordered = sorted(items, key=lambda item: len(item[0]))
        for at in range(0, len(ordered), 32):
            pieces, features, mask, labels = padded(ordered[at : at + 32])
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
                found = model(pieces, features, mask).argmax(dim=1)
            np.add.at(table, (labels.numpy(), found.numpy()), 1)
        f1 = 2 * np.diag(table) / (table.sum(0) + table.sum(1)).clip(1)
        print(
            f"  {name}: n {table.sum()} accuracy {np.diag(table).sum() / table.sum():.3f} macro {f1.mean():.3f} "
            f"favg {f1[:2].mean():.3f} f1 {np.round(f1, 3)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
