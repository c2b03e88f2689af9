"""Encodings of training examples, kept between trainings: a changed sentence costs its own pass and no other."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from bot.paths import root
from bot.recognition.encoder import WEIGHTS_SHA256, Encoding, SentenceEncoder, Span
from bot.recognition.reading import Reading, clause_spans, read

CHUNK = 512  # texts encoded together


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
    clauses = [clause_spans(text) for text in texts]
    keys = [_key(text, spans) for text, spans in zip(texts, clauses, strict=True)]
    missing = {key: (text, spans) for key, text, spans in zip(keys, texts, clauses, strict=True) if key not in known}
    encodings = {key: known[key] for key in keys if key in known}
    names = list(missing)
    for first in range(0, len(names), CHUNK):
        chunk = names[first : first + CHUNK]
        encodings.update(zip(chunk, encoder.encode_many([missing[name] for name in chunk]), strict=True))
        tell(len(encodings), len(set(keys)))
    if encodings.keys() != known.keys():
        _save(path, encodings)
    return [read(text, encodings[key], spans) for text, key, spans in zip(texts, keys, clauses, strict=True)]


def _key(text: str, clauses: Sequence[Span]) -> str:
    return hashlib.sha256(repr((WEIGHTS_SHA256, text, tuple(clauses))).encode()).hexdigest()[:32]


def _load(path: Path) -> dict[str, Encoding]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            keys, ends, vectors = arrays["keys"], arrays["ends"], arrays["vectors"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
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
