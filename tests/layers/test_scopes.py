"""Scopes of single layers: as text and as a table, there and back, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, FormatError
from evalkit.layers.scopes import declared_over, layer_scopes, parse_scope, scope_from_table, scope_text, scope_to_table
from evalkit.layers.table import all_layers
from evalkit.records import LayerScope, Scope


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        (
            "quotes:kinds=direct,parts=speaker",
            LayerScope(layer="quotes", labels=("direct",), parts=("speaker",)),
        ),
        ("quotes:parts=speaker,cue", LayerScope(layer="quotes", parts=("cue", "speaker"))),
        (" quotes: kinds = mixed , direct ", LayerScope(layer="quotes", labels=("direct", "mixed"))),
        ("quotes:parts=", LayerScope(layer="quotes", parts=())),
        ("entities:labels=PER,MINISTER", LayerScope(layer="entities", labels=("MINISTER", "PER"))),
        ("stances:parts=evidence", LayerScope(layer="stances", parts=("evidence",))),
    ],
)
def test_what_a_text_says(text, scope):
    assert parse_scope(text) == scope


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quots:kinds=direct", "did you mean 'quotes'"),
        ("quotes", r"says nothing; write quotes:kinds=…,parts=speaker,cue"),
        ("quotes:direct", "'direct' belongs to no setting"),
        ("quotes:knids=direct", "no setting 'knids'"),
        ("quotes:kinds=dirct", "quotes have no kind 'dirct'; did you mean 'direct'"),
        ("quotes:parts=cues", "quotes have no part 'cues'; did you mean 'cue'"),
        ("quotes:kinds=direct,labels=mixed", "kinds and labels are one"),
        ("quotes:kinds=direct,kinds=mixed", "kinds is given twice"),
        ("categories:parts=cue", "categories have no part 'cue'; there are none"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(EvalkitError, match=message):
        parse_scope(text)


@st.composite
def scopes(draw):
    layer = draw(st.sampled_from(all_layers()))
    names = st.sampled_from(layer.labels) if layer.labels else st.sampled_from(["PER", "ORG", "a b"])
    some = st.none() | st.sets(names).map(sorted).map(tuple)
    parts = st.none() | st.sets(st.sampled_from([*layer.part_fields, ""])).map(lambda s: tuple(sorted(s - {""})))
    labels, of = draw(some), draw(parts)
    return LayerScope(layer=layer.name, labels=labels, parts=() if labels is None and of is None else of)


@given(scopes())
def test_there_and_back(scope):
    assert parse_scope(scope_text(scope)) == scope
    assert scope_from_table(scope.layer, scope_to_table(scope), "x") == scope


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"quots": {}, "x": 1}, "scope of 'x': there is no such layer"),
        ({"quotes": ["direct"]}, r"x: scope of 'quotes' is \['direct'\]; write quotes:"),
        ({"quotes": {"kinds": "direct"}}, "kinds must be a list of names, found 'direct'"),
        ({"quotes": {"parts": ["cues"]}}, "x: scope of 'quotes': quotes have no part 'cues'"),
    ],
)
def test_tables_that_are_refused(tables, message):
    with pytest.raises(FormatError, match=message):
        layer_scopes(tables, "x")


def test_what_is_declared_goes_over_what_is_there():
    scope = Scope(zones=("body",), of=(LayerScope(layer="quotes", labels=("direct",), parts=("cue",)),))
    declared = (LayerScope(layer="quotes", parts=()), LayerScope(layer="entities", labels=("PER",)))
    assert declared_over(scope, declared) == Scope(
        zones=("body",),
        of=(LayerScope(layer="entities", labels=("PER",)), LayerScope(layer="quotes", labels=("direct",), parts=())),
    )
