"""What there is by name: layers, extractors, formats, forms and profiles, each from the table that evalkit asks."""

from __future__ import annotations

from inspect import getdoc

from evalkit.extractors.table import ENTRIES
from evalkit.formats.table import FORMATS
from evalkit.layers.base import Layer
from evalkit.layers.fields import REQUIRED
from evalkit.layers.table import LAYERS, load_layer
from evalkit.report.forms.table import FORMS
from manual_site.markdown import code, facts, listed, plain, table

__all__ = ["extractors_page", "formats_page", "forms_page", "layers_page"]

_LAYERS = """\
# Layers

What can be annotated. In the [native form](../native.md) each is a list of objects; `null` says that nobody
annotated it, which is never the same as an empty list. Offsets are half-open code points of the article's text.
"""
_EXTRACTORS = """\
# Extractors

What can be asked for with `--model`. `evalkit models` says which of them run on your machine, and what is missing
for the others; `evalkit models NAME` shows one with its settings. Packages add more through the entry point
`evalkit.extractors`.
"""
_FORMATS = """\
# Formats

Files are recognised by looking into them; `--format NAME` names one, with its settings as options. What a format
cannot hold is counted when it is written. [From a tool's export](../gold.md) has a section for each tool.
"""
_FORMS = """\
# Forms

What a result can be shown as: `--to NAME`, or `-o FILE`, where the ending says it. Every form shows every result.
Packages add more through the entry point `evalkit.forms`.
"""


def layers_page() -> str:
    """The page: a section for each layer, with its fields."""
    return _LAYERS + "".join(_layer(load_layer(name)) for name in LAYERS.table)


def _layer(layer: Layer) -> str:
    what = [
        ("counted under", code(layer.label_field)),
        ("labels", "those of `labels.toml`" if layer.labels is None else listed(layer.labels)),
        ("equal where equal in", listed(layer.same)),
        ("refers to", ", ".join(f"{code(field)} of {code(other)}" for field, other in layer.refers.items())),
        ("names things by `entity_id` in", listed(layer.names)),
        ("may stand across each other", "yes" if layer.may_cross else "no"),
    ]
    fields = [(code("id"), "text", "yes")] + [
        (code(field.name), _shown(layer, field.name), "yes" if field.type.absent is REQUIRED else "")
        for field in layer.fields
    ]
    about = (getdoc(layer.record) or "").partition("\n\n")[0]
    return (
        f"\n## {layer.name}\n\n{plain(about)}\n"
        + facts(what)
        + f"\nFields of {plain(layer.one)}:\n"
        + table(("field", "holds", "must be there"), fields)
    )


def _shown(layer: Layer, field: str) -> str:
    return code(str(layer.record.__annotations__[field]))


def extractors_page() -> str:
    """The page: a table of what stands in the table of extractors."""
    rows = [
        (
            code(entry.spelling),
            plain(entry.description),
            listed(entry.layers),
            code(f"pip install '.[{entry.extra}]'") if entry.extra else "",
            plain(entry.licence),
        )
        for entry in ENTRIES
    ]
    return _EXTRACTORS + table(("spelling", "what", "layers", "needs", "licence"), rows)


def formats_page() -> str:
    """The page: a table of the formats, then the settings of those that have some."""
    formats = [FORMATS.load(name) for name in sorted(FORMATS.table)]
    rows = [
        (
            code(one.name),
            plain(one.about),
            listed(one.suffixes),
            " and ".join(word for word, there in (("read", one.read), ("written", one.write)) if there),
            ", ".join(
                word
                for word, there in (
                    ("splits", one.keeps_splits),
                    ("readings", one.keeps_readings),
                    ("ids", one.keeps_ids),
                )
                if there
            ),
            code(one.profile),
        )
        for one in formats
    ]
    parts = [_FORMATS, table(("format", "what", "endings", "is", "keeps", "profile"), rows), "\n## Settings\n"]
    settings = [
        (code(one.name), code(f"--{name.replace('_', '-')}"), plain(about))
        for one in formats
        for name, about in one.options.items()
    ]
    return "".join([*parts, table(("format", "option", "what"), settings)])


def forms_page() -> str:
    """The page: a table of the forms with what the function of each says of itself."""
    rows = [(code(name), plain((getdoc(FORMS.load(name)) or "").partition("\n")[0])) for name in FORMS.table]
    return _FORMS + table(("form", "what"), rows)
