"""Encodings of training examples, kept between trainings: a changed sentence costs its own pass and no other."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.paths import root
from bot.recognition.encoder import WEIGHTS_SHA256, WIDTH, Encoding, SentenceEncoder

CHUNK = 512  # texts encoded together
_INDEX = "encodings.npz"

Kept = dict[str, NDArray[np.floating[Any]]]


@dataclass(frozen=True, slots=True)
class _Files:
    """The index of a cache names the file with its vectors, so that the two are replaced as one."""

    folder: Path

    def load(self) -> Kept:
        """Token vectors by key, read from disk when they are used; nothing when a file is missing or broken."""
        try:
            with (self.folder / _INDEX).open("rb") as file, np.load(file, allow_pickle=False) as index:
                keys, ends, name = index["keys"], index["ends"], str(index["vectors"])
            vectors = np.lib.format.open_memmap(self.folder / name, "r")  # type: ignore[no-untyped-call]
        except (OSError, EOFError, KeyError, ValueError, BadZipFile):
            return {}
        if vectors.shape != (int(ends[-1]) if len(ends) else 0, WIDTH):
            return {}
        starts = np.concatenate([[0], ends[:-1]])
        return {str(key): vectors[start:end] for key, start, end in zip(keys, starts, ends, strict=True)}

    def save(self, kept: Kept) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"vectors-{hashlib.sha256(''.join(kept).encode()).hexdigest()[:16]}.npy"
        ends = np.cumsum([len(each) for each in kept.values()])
        draft = self.folder / f"{name}.tmp.npy"
        whole = np.lib.format.open_memmap(draft, "w+", np.float16, (int(ends[-1]), WIDTH))  # type: ignore[no-untyped-call]
        for start, end, each in zip(np.concatenate([[0], ends[:-1]]), ends, kept.values(), strict=True):
            whole[start:end] = each
        whole.flush()
        del whole
        draft.replace(self.folder / name)
        index = self.folder / f"{_INDEX}.tmp.npz"
        np.savez(index, keys=np.array(list(kept)), ends=ends, vectors=np.array(name))
        index.replace(self.folder / _INDEX)
        for old in self.folder.glob("vectors-*.npy"):
            if old.name != name:
                old.unlink(missing_ok=True)


def default_cache() -> Path:
    """The folder of the encodings; git ignores it, and deleting it is safe."""
    return root() / ".cache" / "signpost"


def encode_all(
    texts: Sequence[str],
    encoder: SentenceEncoder,
    folder: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> list[Encoding]:
    """Encode many texts, taking encodings from the cache and adding the new ones to it.

    Args:
        texts: any number, repeats allowed.
        encoder: makes the missing ones.
        folder: of the cache; files that cannot be read count as empty.
        tell: called with how many are done and how many there are.
    """
    files = _Files(folder or default_cache())
    known = files.load()
    keys = {text: _key(text) for text in texts}
    encodings = {key: known[key] for key in keys.values() if key in known}
    missing = [text for text, key in keys.items() if key not in known]
    for first in range(0, len(missing), CHUNK):
        chunk = missing[first : first + CHUNK]
        for text, encoding in zip(chunk, encoder.encode_many(chunk), strict=True):
            encodings[keys[text]] = encoding.hidden.astype(np.float16)
        tell(len(encodings), len(keys))
    if missing:
        unused = {key: known[key] for key in known.keys() - encodings.keys()}
        # A short training must not cost the long one its encodings; what nothing has used for long goes.
        files.save(encodings | (unused if len(unused) < 2 * len(encodings) or len(encodings) < CHUNK else {}))
    return [Encoding(encoder.offsets(text), encodings[keys[text]]) for text in texts]


def _key(text: str) -> str:
    return hashlib.sha256(f"{WEIGHTS_SHA256} {WIDTH} {text}".encode()).hexdigest()[:32]
