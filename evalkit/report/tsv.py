"""Results as tab-separated values, one row a task, convention and label, numbers in full."""

from __future__ import annotations

from evalkit.results import EvalResult

__all__ = ["COLUMNS", "render_tsv"]

COLUMNS = (
    *("extractor", "gold", "split", "task", "convention", "label"),
    *("precision", "recall", "f1", "f1_low", "f1_high", "gold_items", "predicted_items"),
    *("gold_credit", "predicted_credit", "floor_f1"),
)


def render_tsv(result: EvalResult) -> str:
    """A header line and the rows; an absent value is an empty field."""
    lines = ["\t".join(COLUMNS)]
    for row in result.rows():
        own = {**row, "gold": result.gold, "split": result.split}
        own |= {"gold_items": row["gold"], "predicted_items": row["predicted"]}
        lines.append("\t".join(_field(own[name]) for name in COLUMNS))
    return "\n".join(lines) + "\n"


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    return " ".join(str(value).split())
