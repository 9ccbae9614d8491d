"""Networks on ONNX Runtime: files that cannot be loaded, and the form in which networks are shipped."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import ExtractorError
from evalkit.extractors.shipped import onnx_network
from evalkit.extractors.shipped.onnx_network import load_graph

if TYPE_CHECKING:
    import onnx

ROOT = Path(__file__).resolve().parents[3]
MODELS = Path(onnx_network.__file__).parent / "models"
REWRITING = ROOT / "experiments" / "train_ner" / "fast_graph.py"
HIDDEN, INNER, WIDTH = "/blocks.0/norm/out", 256, 8


@pytest.mark.parametrize("also", [(), ("hidden",)], ids=["as it is", "with an output"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, also: tuple[str, ...]) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((MODELS / "quote-base" / "model.onnx").read_bytes()[:100_000])
    with pytest.raises(ExtractorError, match=r"model\.onnx: ONNX Runtime \S+ cannot load it: ") as caught:
        load_graph(path, also=also)
    assert "\n" not in str(caught.value)


def test_the_oldest_runtime_that_is_allowed_multiplies_blocks() -> None:
    # onnxruntime 1.21.1 refuses `MatMulNBits` with 8 bits ("Only 4b quantization is supported"), 1.22.0 has it.
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (bound,) = (re.fullmatch(r"onnxruntime>=(\d+)\.(\d+)", one) for one in wanted if one.startswith("onnxruntime"))
    assert b"MatMulNBits" in (MODELS / "ner-base" / "model.onnx").read_bytes()
    assert bound is not None
    assert tuple(map(int, bound.groups())) >= (1, 22)


# How a network becomes what is shipped.


@pytest.fixture(scope="module")
def rewriting() -> ModuleType:
    pytest.importorskip("onnx", reason="graphs are rewritten with onnx")
    if not REWRITING.is_file():
        pytest.skip("the training code is not part of this installation")
    spec = importlib.util.spec_from_file_location("fast_graph", REWRITING)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def layer(*, stored_in_bytes: bool) -> tuple[onnx.ModelProto, np.ndarray]:
    """The end of a transformer layer as the optimiser leaves it, with the weight of its product."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    scale = random.uniform(0.001, 0.002, (1, WIDTH)).astype(np.float32)
    bytes_ = random.integers(-127, 128, (INNER, WIDTH)).astype(np.int8)
    weight = bytes_ * scale
    stored = {"w_bytes": bytes_, "w_scale": scale} if stored_in_bytes else {"w": weight}
    stored |= {name: random.normal(size=WIDTH).astype(np.float32) for name in ("gamma", "beta", "bias")}
    nodes = [
        helper.make_node("Cast", ["w_bytes"], ["w_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["w_float", "w_scale"], ["w"]),
    ]
    inputs = ["product", "skipped", "gamma", "beta", "bias"]
    nodes = [
        *(nodes if stored_in_bytes else []),
        helper.make_node("MatMul", ["x", "w"], ["product"], name="/blocks.0/down/MatMul"),
        helper.make_node("SkipLayerNormalization", inputs, [HIDDEN], domain="com.microsoft", epsilon=1e-12),
        helper.make_node("Identity", [HIDDEN], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "layer",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "length", INNER]),
            helper.make_tensor_value_info("skipped", TensorProto.FLOAT, [1, "length", WIDTH]),
        ],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, "length", WIDTH])],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), weight


def outputs(model: onnx.ModelProto, path: Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    path.write_bytes(model.SerializeToString())
    return load_graph(path, also=(HIDDEN,))(inputs)


@pytest.mark.parametrize("stored_in_bytes", [False, True], ids=["weights in 32 bits", "weights in bytes"])
def test_a_rewritten_layer_means_the_same(rewriting: ModuleType, tmp_path: Path, stored_in_bytes: bool) -> None:
    random = np.random.default_rng(1)
    inputs = {
        "x": random.normal(size=(1, 9, INNER)).astype(np.float32),
        "skipped": random.normal(size=(1, 9, WIDTH)).astype(np.float32),
    }
    model, _ = layer(stored_in_bytes=stored_in_bytes)
    before = outputs(model, tmp_path / "model.onnx", inputs)
    rewriting.make_fast(model)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["MatMulNBits", "Add", "Add", "LayerNormalization", "Identity"]
    names = {"gamma", "beta", "bias", "/blocks.0/down/MatMul_blocks", "/blocks.0/down/MatMul_scales"}
    assert {item.name for item in model.graph.initializer} == names
    after = outputs(model, tmp_path / "model.onnx", inputs)
    # Both of the two outputs, after a normalisation: numbers about 1, rounded to 1/127 of the largest of a block.
    assert [np.abs(a - b).max() < 0.05 for a, b in zip(before, after, strict=True)] == [True, True]


def test_an_outlier_costs_the_other_blocks_nothing(rewriting: ModuleType, tmp_path: Path) -> None:
    # It meets weights of zero, so that it is not in the result but would be in a scale for all activations.
    from onnx import numpy_helper

    model, weight = layer(stored_in_bytes=False)
    weight[128] = 0
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "w"))
    rewriting.make_fast(model)
    x = np.random.default_rng(2).normal(size=(1, 1, INNER)).astype(np.float32)
    x[..., 128:] = 0
    skipped = np.zeros((1, 1, WIDTH), np.float32)
    calm, _ = outputs(model, tmp_path / "model.onnx", {"x": x, "skipped": skipped})
    x[..., 128] = 1000
    loud, _ = outputs(model, tmp_path / "model.onnx", {"x": x, "skipped": skipped})
    # Where one scale of 1000 / 127 had to do for all, none of the others would be seen.
    assert np.abs(calm - loud).max() < 1e-3


def test_a_rewritten_graph_stays_as_it_is(rewriting: ModuleType) -> None:
    model, _ = layer(stored_in_bytes=True)
    rewriting.make_fast(model)
    once = model.SerializeToString()
    rewriting.make_fast(model)
    assert model.SerializeToString() == once


def test_a_weight_that_makes_no_blocks_is_refused(rewriting: ModuleType) -> None:
    from onnx import numpy_helper

    model, weight = layer(stored_in_bytes=False)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight[:100], "w"))
    with pytest.raises(ValueError, match=r"/blocks\.0/down/MatMul: 100 weights .* do not make blocks of 128"):
        rewriting.make_fast(model)
