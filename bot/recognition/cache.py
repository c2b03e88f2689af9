"""Encodings of training examples, kept between trainings: a changed sentence costs its own pass and no other."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.paths import root
from bot.recognition.encoder import WEIGHTS_SHA256, Encoding, SentenceEncoder, Span
from bot.recognition.reading import Reading, clause_spans, read


def default_cache() -> Path:
    """Where the encodings lie; git ignores it, and deleting it is safe."""
    return root() / ".cache" / "signpost" / "encodings.npz"


def read_all(
    texts: Sequence[str],
    encoder: SentenceEncoder,
    path: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> list[Reading]:
    """Prepare many texts, taking encodings from the cache and adding the new ones to it.

    Args:
        texts: any number, repeats allowed.
        encoder: makes the missing ones.
        path: the cache; a file that cannot be read counts as empty.
        tell: called with how many are done and how many there are.
    """
    path = path or default_cache()
    known = _load(path)
    kept: dict[str, Encoding] = {}
    readings = []
    for place, text in enumerate(texts):
        clauses = clause_spans(text)
        key = _key(text, clauses)
        encoding = kept.get(key) or known.get(key) or encoder.encode(text, clauses)
        kept[key] = encoding
        readings.append(read(text, encoding, clauses))
        tell(place + 1, len(texts))
    if kept.keys() != known.keys():
        _save(path, kept)
    return readings


def _key(text: str, clauses: Sequence[Span]) -> str:
    return hashlib.sha256(repr((WEIGHTS_SHA256, text, tuple(clauses))).encode()).hexdigest()[:32]


def _load(path: Path) -> dict[str, Encoding]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys, ends, vectors = arrays["keys"], arrays["ends"], arrays["vectors"]
    except (OSError, KeyError, ValueError):
        return {}
    known, start = {}, 0
    for key, end in zip(keys, ends, strict=True):
        known[str(key)] = Encoding(vectors[start], vectors[start + 1 : end])
        start = int(end)
    return known


def _save(path: Path, encodings: dict[str, Encoding]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = [np.concatenate([e.message[None], e.clauses]) for e in encodings.values()]
    draft = path.with_suffix(".tmp.npz")
    np.savez(
        draft,
        keys=np.array(list(encodings)),
        ends=np.cumsum([len(block) for block in blocks]),
        vectors=np.concatenate(blocks).astype(np.float32),
    )
    draft.replace(path)
