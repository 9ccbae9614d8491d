"""The labelling configuration of a project of Label Studio: read for what it says of texts and labels, and written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from evalkit.errors import FormatError, InputError
from evalkit.files import read_bytes

__all__ = [
    "Configuration",
    "configuration_beside",
    "configuration_path",
    "read_configuration",
    "written_configuration",
]

BESIDE = ("label_config.xml", "labeling_config.xml", "labelling_config.xml", "config.xml")
"""What people call the configuration that they keep in the folder of an export."""

COLOURS = ("#d9534f", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf", "#8c564b", "#e377c2", "#bcbd22", "#7f7f7f")
"""Those of labels in turn."""

_LARGEST = 1 << 20
_QUESTIONS = frozenset(("Choices", "Taxonomy", "Rating", "Number", "TextArea", "DateTime"))
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a labelling configuration says.

    Attributes:
        texts: the key of the data that each text shows, by the name of the text in the configuration.
        controls: the name of what each control is about, by its own.
        declared: labels of regions, labels of relations, and questions about the whole text.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()


def configuration_path(path: Path) -> Path:
    """Where the configuration of a file of tasks is kept: beside it, by the same name."""
    return path.with_name(f"{path.stem}.config.xml")


def configuration_beside(path: Path) -> Configuration:
    """The configuration that lies beside a file, or an empty one.

    Raises:
        FormatError: a file of that very name holds something else.
    """
    own = configuration_path(path)
    if own.is_file():
        return read_configuration(own)
    for name in BESIDE:
        if (other := path.with_name(name)).is_file():
            try:
                return read_configuration(other)
            except (FormatError, InputError):
                # It may be the configuration of anything.
                continue
    return Configuration()


def read_configuration(path: Path) -> Configuration:
    """What the configuration in a file says.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is no XML, defines entities, or is no labelling configuration.
    """
    content = read_bytes(path)
    if len(content) > _LARGEST or b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise FormatError(f"{path}: is too large, or has a DOCTYPE; give the labelling configuration of Label Studio")
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FormatError(f"{path}: not valid XML ({error}); give the labelling configuration as it is") from error
    if root.tag != "View":
        raise FormatError(f"{path}: expected a labelling configuration in <View>, found <{str(root.tag)[:40]}>")
    texts, controls, declared = {}, {}, set()
    for element in root.iter():
        name, value = element.get("name", ""), element.get("value", "")
        if name and element.get("toName"):
            controls[name] = element.get("toName", "")
        if element.tag == "Text" and value.startswith("$"):
            texts[name] = value.removeprefix("$")
        elif element.tag in ("Label", "Relation") and (label := element.get("alias") or value):
            declared.add(label)
        elif element.tag in _QUESTIONS and name and element.get("perRegion", "").lower() != "true":
            declared.add(name)
    return Configuration(texts=texts, controls=controls, declared=frozenset(declared))


def written_configuration(
    labels: Sequence[str],
    relations: Sequence[str],
    questions: Mapping[str, Sequence[str]],
    *,
    control: str,
    text: str,
    placeless: str = "",
) -> str:
    """The configuration of a project into which tasks can be imported.

    Args:
        labels: the labels of regions.
        relations: the labels of relations.
        questions: the questions about the whole text, each with its answers.
        control: the name of the control for labels.
        text: the name of the text, whose key in the data is `text`.
        placeless: the name of the control for what has no place in the text; none if empty.
    """
    lines = ["<View>"]
    if relations:
        lines += ["  <Relations>", *(f"    <Relation value={_quoted(one)}/>" for one in relations), "  </Relations>"]
    lines += [f'  <Labels name={_quoted(control)} toName={_quoted(text)} choice="multiple">']
    lines += [
        f'    <Label value={_quoted(one)} background="{COLOURS[number % len(COLOURS)]}"/>'
        for number, one in enumerate(labels or ("Entity",))
    ]
    # All blanks of a text are shown, as they count.
    lines += ["  </Labels>", "  <Style>.htx-text{ white-space: pre-wrap; }</Style>"]
    lines += [f'  <Text name={_quoted(text)} value="$text" granularity="symbol"/>']
    for question, answers in questions.items():
        lines += [f'  <Choices name={_quoted(question)} toName={_quoted(text)} choice="multiple">']
        lines += [*(f"    <Choice value={_quoted(one)}/>" for one in answers), "  </Choices>"]
    if placeless:
        lines += [f'  <TextArea name={_quoted(placeless)} toName={_quoted(text)} editable="true"/>']
    return "\n".join([*lines, "</View>", ""])


def _quoted(text: str) -> str:
    """A text as the value of an attribute, without what XML has no way to write."""
    return quoteattr(_UNWRITABLE.sub("\ufffd", text))
