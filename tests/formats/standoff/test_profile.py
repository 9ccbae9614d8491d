"""What a profile may say, and how one that says something else is refused."""

from __future__ import annotations

import pytest

from evalkit.errors import FormatError, UnknownNameError
from evalkit.formats.standoff.profile import load_profile
from evalkit.formats.standoff.profile_files import profile_names


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_of_ours_can_be_read(name):
    assert load_profile(name).layers


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        pytest.param('[entites]\nmarks = "*"', "unknown key 'entites'; did you mean 'entities'?", id="layer"),
        pytest.param('[entities]\nmark = "*"', "unknown key 'mark' of [entities]; did you mean 'marks'?", id="key"),
        pytest.param('[quotes]\nmarks = "Q"\nspeakr = "->S"', "did you mean 'speaker'?", id="field"),
        pytest.param('[entities]\nlabel = "type"', "names no marks, links or answers", id="made of nothing"),
        pytest.param('[entities]\nmarks = "A"\nlinks = "B"', "write [[entities]] twice", id="made of two"),
        pytest.param('[entities]\nmarks = "*"\nlabel = "typ"', "did you mean 'type'?", id="origin"),
        pytest.param('[entities]\nmarks = "*"\nlabel = "ner"', "write '@ner' for a feature", id="bare name"),
        pytest.param("[entities]\nmarks = 3", "must be a text or a list of texts, found 3", id="number"),
        pytest.param('[entities]\nmarks = "*"\nlabels = { A = 3 }', "entities.labels.A must be a text", id="label"),
        pytest.param('[quotes]\nmarks = "Q"\ncue = "@cue"', "quotes.cue is a place in the text", id="no place"),
        pytest.param('[quotes]\nmarks = "Q"\ngroup = "->X"', "must be one feature", id="group"),
        pytest.param("ignore_case = 1\n", "ignore_case must be true or false", id="flag"),
        pytest.param("entities = 4\n", "entities must be a table", id="no table"),
    ],
)
def test_what_a_profile_cannot_say_is_named(tmp_path, profile, message):
    path = tmp_path / "own.toml"
    path.write_text(profile, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        load_profile(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_an_unknown_profile_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'default'"):
        load_profile("defualt")
