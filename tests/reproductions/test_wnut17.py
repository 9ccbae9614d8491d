"""WNUT-2017, entity and surface F1: the published numbers from the seven submitted files."""

from __future__ import annotations

import json

import pytest

from evalkit.cli.main import main
from tests.conftest import SHARED

DATA = SHARED / "data" / "repro" / "wnut17"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the WNUT-2017 files: set EVALKIT_SHARED")


# Derczynski et al. 2017, Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition.
@pytest.mark.parametrize(
    ("file", "entity", "surface"),
    [
        pytest.param("arcada", "39.98", "37.77", id="arcada: blanks between columns, CRLF"),
        pytest.param("drexel_cci", "26.30", "25.26", id="drexel_cci"),
        pytest.param("flytxt", "38.35", "36.31", id="flytxt"),
        pytest.param("mic-cis.txt", "37.06", "34.25", id="mic-cis: 1283 tokens respelled"),
        pytest.param("sjtu_adapt.txt", "40.42", "37.62", id="sjtu_adapt"),
        pytest.param("spinningbytes.txt", "40.78", "39.33", id="spinningbytes: 34 entities begin with I-"),
        pytest.param("uh_ritual", "41.86", "40.24", id="uh_ritual"),
    ],
)
def test_published_f1_comes_out_to_two_decimals(
    file: str, entity: str, surface: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--gold", str(DATA / "emerging.test.annotated"), "--predicted", str(DATA / "submissions" / file)]
    asked = ["--convention", "exact", "--convention", "surface:in-place", "--resamples", "0", "--json"]
    assert main(["score", "--format", "conll", *own, *asked]) == 0
    conventions = json.loads(capsys.readouterr().out)["tasks"]["entities"]
    found = [f"{100 * conventions[name]['micro']['f1']:.2f}" for name in ("exact", "surface:in-place")]
    assert found == [entity, surface]
