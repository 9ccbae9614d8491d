"""Trains the stance network of `news-base` over the hidden states of `ner-base`, with `stance-base` as a teacher.

python fit.py --config news-base.toml --data DIR --out DIR
(PYTHONPATH: the repository, ../train_ner, ../train_stance)
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from heads import Head, StanceHead, start_from
from model import package_folder
from passages import Task, read_states, tasks
from torch import Tensor
from torch.nn import functional

from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.stances.encoding import FEATURE_SIZES, LABELS, TARGET
from evalkit.extractors.shipped.stances.stance_base import StanceExtractor

States = dict[str, tuple[np.ndarray, np.ndarray]]


def main() -> None:
    """Read, train, measure on what was held out, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with stance/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--phases", nargs="+", default=["first", "second"])
    parser.add_argument("--start", type=Path, help="weights to start from, to go on with a later phase")
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    ner, rng = NerExtractor(), random.Random(config["seed"])
    train_on, held = tasks(options.data, ner, StanceExtractor(), held_out=config["held_out"])
    texts = [task.text for task in [*train_on, *held]]
    readings = [read_states(texts, ner, rng) for _ in range(config["readings"])]
    print(dict(Counter(task.source for task in train_on)), f"held out {len(held)}", flush=True)
    head = Head(FEATURE_SIZES, 2 * len(LABELS), layers=config["model"]["layers"], dropout=config["model"]["dropout"])
    start_from(head, package_folder(config["init"]) / "model" / "model.safetensors")
    with torch.no_grad():
        head.features[1].weight.zero_()
    model = StanceHead(head, len(LABELS))
    if options.start is not None:
        model.load_state_dict(torch.load(options.start, weights_only=True))
    for settings in config["phase"]:
        if settings["name"] in options.phases:
            train(model, train_on, held, readings, config | settings, options.out / "stance.pt")
            model.load_state_dict(torch.load(options.out / "stance.pt", weights_only=True))


def epoch_of(train_on: Sequence[Task], share: dict[str, float], rng: random.Random) -> list[Task]:
    """Each task as often as its corpus is to be read in an epoch, in a random order."""
    chosen = []
    for task in train_on:
        often = share[task.source]
        chosen += [task] * (int(often) + (rng.random() < often % 1))
    rng.shuffle(chosen)
    return chosen


def batches(chosen: Sequence[Task], tokens: int, size: int, rng: random.Random) -> Iterator[list[Task]]:
    """Batches of about `tokens` words with padding, of tasks of like length."""
    for start in range(0, len(chosen), 600):
        groups: list[list[Task]] = [[]]
        for task in sorted(chosen[start : start + 600], key=lambda task: len(task.features)):
            if groups[-1] and min(size, len(task.features)) * (len(groups[-1]) + 1) > tokens:
                groups.append([])
            groups[-1].append(task)
        rng.shuffle(groups)
        yield from groups


def padded(items: Sequence[Task], states: States, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, features and attention of a batch; long passages are cut around their target."""
    rows = []
    for task in items:
        hidden, owner = states[task.text]
        table = task.features[owner]
        low = 0
        if len(hidden) > size:
            marked = np.flatnonzero(table[:, 0] == TARGET)
            low = min(max(0, (int(marked[0]) if len(marked) else 0) - size // 2), len(hidden) - size)
        rows.append((hidden[low : low + size], table[low : low + size]))
    length = max(len(hidden) for hidden, _ in rows)
    batch = torch.zeros((len(rows), length, rows[0][0].shape[1]))
    features = torch.zeros((len(rows), length, len(FEATURE_SIZES)), dtype=torch.long)
    for row, (hidden, table) in enumerate(rows):
        batch[row, : len(hidden)] = torch.from_numpy(hidden.astype(np.float32))
        features[row, : len(hidden)] = torch.from_numpy(table.astype(np.int64))
    return batch, features, features[:, :, 0] > 0


def loss_of(scores: Tensor, items: Sequence[Task], balance: Tensor, settings: dict[str, Any]) -> Tensor:
    """Cross entropy with the labels, and the divergence from the second opinions, softened."""
    opinions = torch.tensor(np.array([task.opinion for task in items]), dtype=torch.float32)
    opinions = opinions.clamp_min(1e-4) ** settings["soften"]
    opinions = opinions / opinions.sum(dim=1, keepdim=True)
    loss: Tensor = settings["teacher"] * functional.kl_div(
        functional.log_softmax(scores, dim=1), opinions, reduction="batchmean"
    )
    known = [row for row, task in enumerate(items) if task.label is not None]
    if known:
        labels = torch.tensor([items[row].label for row in known])
        hard = functional.cross_entropy(scores[known], labels, weight=balance, label_smoothing=settings["smoothing"])
        loss = loss + hard * len(known) / len(items)
    return loss


def train(
    model: StanceHead,
    train_on: Sequence[Task],
    held: Sequence[Task],
    readings: Sequence[States],
    settings: dict[str, Any],
    path: Path,
) -> None:
    """Train for the epochs of a phase; `path` gets a moving average of the weights.

    Args:
        model: the network.
        train_on: the passages to train on.
        held: the passages to measure on.
        readings: hidden states of all texts, once or several times.
        settings: those of the configuration and the phase.
        path: where the weights are written.
    """
    rng, size = random.Random(f"{settings['seed']} {settings['name']}"), settings["size"]
    blocks = [p for name, p in model.named_parameters() if ".blocks." in name]
    fresh = [p for name, p in model.named_parameters() if ".blocks." not in name]
    groups = [{"params": blocks, "base": settings["rate"]}, {"params": fresh, "base": settings["head_rate"]}]
    optimizer = torch.optim.AdamW(groups, lr=1e-9, weight_decay=0.01, fused=True)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings["average"])
    )
    counts = Counter(task.label for task in train_on if task.source in ("newsmtsc", "gold"))
    balance = torch.tensor([sum(counts.values()) / len(LABELS) / counts[label] for label in range(len(LABELS))])
    begin = time.monotonic()
    for epoch in range(settings["epochs"]):
        share = settings["share"][min(epoch, len(settings["share"]) - 1)]
        chosen = list(batches(epoch_of(train_on, share, rng), settings["tokens"], size, rng))
        for number, items in enumerate(chosen):
            model.train()
            progress = (epoch + number / len(chosen)) / settings["schedule"]
            rate = min(progress / settings["warmup"], (1 - progress) / (1 - settings["warmup"]))
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * max(rate, 1e-3)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = model(*padded(items, rng.choice(readings), size))
            loss_of(scores.float(), items, balance, settings).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update_parameters(model)
        print(f"epoch {epoch}: {len(chosen)} steps, {time.monotonic() - begin:.0f} s in all", flush=True)
        report(average.module, held, readings[0], size)
        torch.save(average.module.state_dict(), path)


def report(model: StanceHead, held: Sequence[Task], states: States, size: int) -> None:
    """Print accuracy and F1 on what was held out."""
    model.eval()
    table = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    for start in range(0, len(held), 32):
        items = held[start : start + 32]
        with torch.inference_mode():
            answers = model(*padded(items, states, size)).argmax(dim=1).numpy()
        np.add.at(table, ([task.label for task in items], answers), 1)
    f1 = 2 * np.diag(table) / (table.sum(0) + table.sum(1)).clip(1)
    print(f"  accuracy {np.diag(table).sum() / table.sum():.3f} macro {f1.mean():.3f} f1 {np.round(f1, 3)}", flush=True)


if __name__ == "__main__":
    main()
