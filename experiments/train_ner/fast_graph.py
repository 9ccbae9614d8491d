"""Turns an exported network into what ONNX Runtime computes fastest on a CPU; the weights are in 8 bits or become so.

* The second layer of each feed-forward block (`down`) becomes a product in 8 bits with a scale for each block of 128
  weights and each block of 128 activations, so that an outlier costs the other blocks no precision.
* `SkipLayerNormalization`, which ONNX Runtime computes one number at a time, becomes the additions and the
  normalisation that it stands for.

Names of tensors that both graphs have mean the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

__all__ = ["is_down", "make_fast"]

BLOCK = 128
_INT8_ARITHMETIC = 4
"""The accuracy level of `MatMulNBits` that allows whole numbers of 8 bits for the activations."""
_ZERO = 128
"""What stands for zero in an unsigned byte, where the operator is given no zero points."""


def is_down(node: onnx.NodeProto) -> bool:
    """Whether a node is the product of the second layer of a feed-forward block, in 32 bits."""
    return node.op_type == "MatMul" and "/down/" in node.name


def make_fast(model: onnx.ModelProto) -> None:
    """Rewrite the graph of a model in place; of a graph that is rewritten already nothing changes.

    Args:
        model: a network whose feed-forward layers are called `up` and `down`, as `Block` has them.

    Raises:
        ValueError: the weights of a product are not in the graph, or cannot be cut into blocks.
    """
    graph = model.graph
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if is_down(node):
            nodes.append(_in_blocks(graph, node))
        elif node.op_type == "SkipLayerNormalization":
            nodes.extend(_spelt_out(node))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    _remove_unused(graph)


def _in_blocks(graph: onnx.GraphProto, node: onnx.NodeProto) -> onnx.NodeProto:
    """The product of one node in 8 bits; its bytes and scales are added to the graph."""
    from onnx import helper, numpy_helper

    weight = _weight(graph, node)
    inner, outer = weight.shape
    if inner % BLOCK:
        raise ValueError(f"{node.name}: {inner} weights for each output do not make blocks of {BLOCK}")
    blocks = weight.T.reshape(outer, inner // BLOCK, BLOCK)
    scale = np.maximum(np.abs(blocks).max(axis=-1), 1e-8) / 127
    bytes_ = (np.round(blocks / scale[..., None]) + _ZERO).astype(np.uint8)
    names = f"{node.name}_blocks", f"{node.name}_scales"
    graph.initializer.extend(
        [numpy_helper.from_array(bytes_, names[0]), numpy_helper.from_array(scale.astype(np.float32), names[1])]
    )
    return helper.make_node(
        "MatMulNBits",
        [node.input[0], *names],
        list(node.output),
        name=node.name,
        domain="com.microsoft",
        K=inner,
        N=outer,
        bits=8,
        block_size=BLOCK,
        accuracy_level=_INT8_ARITHMETIC,
    )


def _weight(graph: onnx.GraphProto, node: onnx.NodeProto) -> NDArray[np.float32]:
    """The weight of a product, [in, out], whether it is stored in 32 bits or as bytes with scales to multiply out."""
    from onnx import numpy_helper

    name = node.input[1]
    stored = {item.name: item for item in graph.initializer}
    if name in stored:
        return numpy_helper.to_array(stored[name]).astype(np.float32)
    if not {f"{name}_bytes", f"{name}_scale"} <= set(stored):
        raise ValueError(f"{node.name}: its weight {name!r} is not stored in the graph")
    bytes_, scale = (numpy_helper.to_array(stored[f"{name}_{part}"]) for part in ("bytes", "scale"))
    return np.asarray(bytes_ * scale, dtype=np.float32)


def _spelt_out(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    """A fused normalisation as additions (first the bias, which joins the product before it) and a normalisation."""
    from onnx import helper

    product, skipped, gamma, beta, *bias = node.input
    (epsilon,) = (attribute.f for attribute in node.attribute if attribute.name == "epsilon")
    total = product
    for number, other in enumerate([*bias, skipped]):
        before, total = total, f"{node.name}_sum_{number}"
        yield helper.make_node("Add", [before, other], [total], name=f"{node.name}_add_{number}")
    inputs, output = [total, gamma, beta], [node.output[0]]
    yield helper.make_node("LayerNormalization", inputs, output, name=node.name, axis=-1, epsilon=epsilon)


def _remove_unused(graph: onnx.GraphProto) -> None:
    """Drop nodes and stored tensors that no output needs any more."""
    wanted = {item.name for item in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    stored = [item for item in graph.initializer if item.name in wanted]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(stored)
