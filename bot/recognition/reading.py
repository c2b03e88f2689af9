"""One message prepared for the classifiers: its clauses, its tokens' vectors and its cues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.recognition.clauses import pipeline
from bot.recognition.cues import Cues, shared_cuer
from bot.recognition.encoder import Encoding, Span, shared_encoder

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message and its parts.

    Attributes:
        text: as typed.
        clauses: character offsets of each clause that holds a token.
        starts: index of each clause's first token, growing; a clause ends where the next begins.
        encoding: the tokens and their vectors.
        cues: of the message, then of each clause.
    """

    text: str
    clauses: tuple[Span, ...]
    starts: NDArray[np.int64]
    encoding: Encoding
    cues: tuple[Cues, ...]


def clause_spans(text: str) -> tuple[Span, ...]:
    """Character offsets of the clauses of a message."""
    doc = pipeline()(text)
    return tuple((clause.start_char, clause.end_char) for clause in doc.spans["clauses"])


def read(text: str, encoding: Encoding | None = None) -> Reading:
    """Prepare one message; `encoding` is taken as it is when another step has made it."""
    encoding = encoding or shared_encoder().encode(text)
    clauses, starts = _with_tokens(clause_spans(text), encoding.offsets)
    cuer = shared_cuer()
    cues = (cuer.find(text), *(cuer.find(text[a:b]) for a, b in clauses))
    return Reading(text, clauses, starts, encoding, cues)


def windows(reading: Reading, tokens: int) -> Iterator[Reading]:
    """Cut a reading, at the ends of clauses, into readings of so many tokens or few more."""
    ends = [*reading.starts[1:], len(reading.encoding.hidden)]
    first = 0
    for last, end in enumerate(ends):
        begin = int(reading.starts[first])
        if end - begin < tokens and last + 1 < len(ends):
            continue
        clauses = reading.clauses[first : last + 1]
        text = reading.text[clauses[0][0] : clauses[-1][1]]
        encoding = Encoding(reading.encoding.offsets[begin:end], reading.encoding.hidden[begin:end])
        cues = (shared_cuer().find(text), *reading.cues[first + 1 : last + 2])
        yield Reading(text, clauses, reading.starts[first : last + 1] - begin, encoding, cues)
        first = last + 1


def _with_tokens(clauses: Sequence[Span], offsets: NDArray[np.int64]) -> tuple[tuple[Span, ...], NDArray[np.int64]]:
    """The clauses that hold a token, with their first tokens; the first clause also takes what stands before it."""
    kept: list[Span] = []
    starts: list[int] = []
    for start, end in clauses:
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        if len(inside) and (not starts or inside[-1] > starts[-1]):
            first = max(int(inside[0]), starts[-1] + 1) if starts else 0
            kept.append((start, end))
            starts.append(first)
    return tuple(kept), np.array(starts, np.int64)


def cue_rows(reading: Reading) -> Matrix:
    """Cues of the message and its clauses, shape (1 + clauses, cue groups)."""
    return np.stack([cue.features for cue in reading.cues])
