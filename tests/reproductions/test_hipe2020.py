"""HIPE-2020, NERC coarse, literal sense, strict, English: the published numbers from the submitted files."""

from __future__ import annotations

import json

import pytest

from evalkit.cli.main import main
from evalkit.formats.tags.reading import TagCorpus, read_tag_columns
from evalkit.formats.tags.settings import TagSettings
from tests.conftest import SHARED

DATA = SHARED / "data" / "repro" / "hipe2020"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the HIPE-2020 files: set EVALKIT_SHARED")


def published() -> list[list[str]]:
    table = DATA / "published_nerc_coarse_strict.tsv"
    return [line.split("\t") for line in table.read_text().splitlines()[1:]] if table.is_file() else []


def read(system: str) -> TagCorpus:
    gold = DATA / "gold" / "HIPE-data-v1.3-test-en.tsv"
    return read_tag_columns(gold, DATA / "systems" / f"{system}.tsv", TagSettings(tag_column="NE-COARSE-LIT"))


@pytest.mark.parametrize(("system", "f1", "precision", "recall"), published())
def test_published_scores_come_out_to_three_decimals(
    system: str, f1: str, precision: str, recall: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = DATA / "gold" / "HIPE-data-v1.3-test-en.tsv"
    own = ["--gold", str(gold), "--predicted", str(DATA / "systems" / f"{system}.tsv"), "--tag-column", "NE-COARSE-LIT"]
    assert main(["score", "--format", "conll", *own, "--convention", "exact", "--resamples", "0", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    micro = result["tasks"]["entities"]["exact"]["micro"]
    assert f"{micro['precision']:.3f}" == f"{float(precision):.3f}"
    assert f"{micro['recall']:.3f}" == f"{float(recall):.3f}"
    assert f"{micro['f1']:.3f}" == f"{float(f1):.3f}"
    # Every token has found its partner.
    assert result["articles"] == 46
    assert not [note for note in result["notes"] if "missing" in note or "gold lacks" in note]


def test_all_thirteen_systems_are_checked() -> None:
    assert len(published()) == 13


def test_what_is_dirty_is_counted() -> None:
    assert read("baseline_bundle4_en_1").notes == {
        "predicted: entities that begin with I- or E-": 2,
        "predicted: tags with a label in other case, spelled as gold spells it": 1012,
        "predicted: tokens with other quotes, escapes or Unicode form, read as the same": 14,
    }
