"""all-MiniLM-L6-v2 as an ONNX graph, built in memory from the published weights.

onnxruntime runs it two to three times as fast as the same pass in numpy and needs neither torch nor a hub
(docs/decisions/0002-sentence-encoder.md). The graph gives every token's vector after the last three layers: the heads read all
three, because wording is still in the earlier ones when the last has turned it into meaning.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIZE = 384  # numbers a token in each layer
LAYERS, READ = 6, 3  # layers there are, and how many of the last are read
_HEADS = 12
_EPSILON = 1e-12
_OPSET, _IR = 18, 8

Array = NDArray[np.float32]


def onnx_model(weights: Mapping[str, Array]) -> bytes:
    """The serialised graph: `ids` and `mask`, int64 of shape (texts, tokens), to `hidden`, (texts, tokens, SIZE * READ).

    Args:
        weights: of `model.safetensors`, by the names of Hugging Face's BertModel.
    """
    graph = _Graph()
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    words = graph.add("Gather", graph.constant(weights["embeddings.word_embeddings.weight"]), "ids")
    length = graph.add(
        "Slice", graph.add("Shape", "ids"), graph.whole([1]), graph.whole([2])
    )  # how many tokens the longest text has
    seats = graph.add("Slice", graph.constant(places), graph.whole([0]), length, graph.whole([0]))
    x = graph.normed(graph.add("Add", words, seats), weights, "embeddings.LayerNorm")
    kept = graph.add("Cast", "mask", to=TensorProto.FLOAT)
    hidden_from = graph.add("Mul", graph.add("Sub", kept, graph.number(1.0)), graph.number(1e9))
    hidden_from = graph.add("Unsqueeze", hidden_from, graph.whole([1, 2]))
    outputs = []
    for number in range(LAYERS):
        x = _layer(graph, weights, f"encoder.layer.{number}", x, hidden_from)
        outputs.append(x)
    graph.add("Concat", *outputs[-READ:], named="hidden", axis=-1)
    return graph.serialised()


def _layer(graph: "_Graph", weights: Mapping[str, Array], name: str, x: str, hidden_from: str) -> str:
    mixed = graph.linear(_attention(graph, weights, name, x, hidden_from), weights, f"{name}.attention.output.dense")
    x = graph.normed(graph.add("Add", x, mixed), weights, f"{name}.attention.output.LayerNorm")
    wide = graph.linear(x, weights, f"{name}.intermediate.dense")
    # gelu, in the shape that onnxruntime fuses into one step
    bent = graph.add("Erf", graph.add("Div", wide, graph.number(2**0.5)))
    bent = graph.add("Mul", wide, graph.add("Add", bent, graph.number(1.0)))
    narrow = graph.linear(graph.add("Mul", bent, graph.number(0.5)), weights, f"{name}.output.dense")
    return graph.normed(graph.add("Add", x, narrow), weights, f"{name}.output.LayerNorm")


def _attention(graph: "_Graph", weights: Mapping[str, Array], name: str, x: str, hidden_from: str) -> str:
    split = graph.whole([0, 0, _HEADS, SIZE // _HEADS])
    parts = {
        part: graph.add("Reshape", graph.linear(x, weights, f"{name}.attention.self.{part}"), split)
        for part in ("query", "key", "value")
    }
    query = graph.add("Transpose", parts["query"], perm=[0, 2, 1, 3])
    key = graph.add("Transpose", parts["key"], perm=[0, 2, 3, 1])
    value = graph.add("Transpose", parts["value"], perm=[0, 2, 1, 3])
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.number((SIZE // _HEADS) ** -0.5))
    share = graph.add("Softmax", graph.add("Add", scores, hidden_from), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", share, value), perm=[0, 2, 1, 3])
    return graph.add("Reshape", mixed, graph.whole([0, 0, SIZE]))


class _Graph:
    """Collects nodes and constants; every method gives the name of what it made."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, named: str | None = None, **attributes: Any) -> str:
        output = named or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))

    def whole(self, values: list[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def linear(self, x: str, weights: Mapping[str, Array], name: str) -> str:
        product = self.add("MatMul", x, self.constant(weights[f"{name}.weight"].T))
        return self.add("Add", product, self.constant(weights[f"{name}.bias"]))

    def normed(self, x: str, weights: Mapping[str, Array], name: str) -> str:
        scale, shift = self.constant(weights[f"{name}.weight"]), self.constant(weights[f"{name}.bias"])
        return self.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=_EPSILON)

    def serialised(self) -> bytes:
        shape = ["texts", "tokens"]
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")]
        outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [*shape, SIZE * READ])]
        graph = helper.make_graph(self._nodes, "all-MiniLM-L6-v2", inputs, outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR
        return model.SerializeToString()  # type: ignore[no-any-return]
