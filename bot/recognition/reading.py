"""One message prepared for the classifiers: its clauses, their vectors, words and cues."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import chi2

from bot.recognition.clauses import pipeline
from bot.recognition.cues import Cues, normalise, shared_cuer
from bot.recognition.encoder import Encoding, Span, shared_encoder

Matrix = NDArray[np.float32]

# How much the three kinds of feature count beside each other; chosen by cross-validation on the training data.
EMBEDDING_SCALE, WORD_SCALE = 3.0, 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A message and its parts; row 0 of every feature matrix is the message, the others its clauses.

    Attributes:
        text: as typed.
        clauses: character offsets of each clause.
        encoding: vectors of message and clauses.
        cues: of the message, then of each clause.
    """

    text: str
    clauses: tuple[Span, ...]
    encoding: Encoding
    cues: tuple[Cues, ...]

    def plain_parts(self) -> list[str]:
        """The normalised message and clauses."""
        return [normalise(self.text), *(normalise(self.text[a:b]) for a, b in self.clauses)]


def clause_spans(text: str) -> tuple[Span, ...]:
    """Character offsets of the clauses of a message."""
    doc = pipeline()(text)
    return tuple((clause.start_char, clause.end_char) for clause in doc.spans["clauses"])


def read(text: str, encoding: Encoding | None = None, clauses: tuple[Span, ...] | None = None) -> Reading:
    """Prepare one message; `encoding` and `clauses` are taken as they are when another step has made them."""
    clauses = clause_spans(text) if clauses is None else clauses
    encoding = encoding or shared_encoder().encode(text, clauses)
    cuer = shared_cuer()
    cues = (cuer.find(text), *(cuer.find(text[a:b]) for a, b in clauses))
    return Reading(text, clauses, encoding, cues)


class Lexicon:
    """The words and pairs of words that tell labels apart, with their weights."""

    def __init__(self, words: Sequence[str], rarity: Sequence[float]) -> None:
        self.words, self.rarity = list(words), list(rarity)
        self._vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\b\w+\b", vocabulary=self.words
        )
        self._vectorizer.idf_ = np.asarray(rarity)

    def weigh(self, texts: Iterable[str]) -> Matrix:
        """Weights of shape (texts, words) for normalised texts."""
        return self._vectorizer.transform(texts).toarray().astype(np.float32)  # type: ignore[no-any-return]


def learn_lexicon(texts: Sequence[str], labels: Matrix, size: int) -> Lexicon:
    """Choose the words that depend most on any label (chi squared).

    Args:
        texts: normalised.
        labels: 0 or 1, shape (texts, labels).
        size: how many words and pairs to keep.
    """
    every = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\b\w+\b", min_df=3)
    weights = every.fit_transform(texts)
    names = every.get_feature_names_out()
    with np.errstate(divide="ignore", invalid="ignore"):
        telling = np.max([np.nan_to_num(chi2(weights, labels[:, j])[0]) for j in range(labels.shape[1])], axis=0)
    best = np.sort(np.argsort(-telling, kind="stable")[:size])
    return Lexicon([names[i] for i in best], [float(every.idf_[i]) for i in best])


def feature_rows(reading: Reading, lexicon: Lexicon) -> Matrix:
    """Features of the message and its clauses, shape (1 + clauses, features)."""
    vectors = np.concatenate([reading.encoding.message[None], reading.encoding.clauses])
    words = lexicon.weigh(reading.plain_parts())
    cues = np.stack([cue.features for cue in reading.cues])
    rows: Matrix = np.concatenate([vectors * EMBEDDING_SCALE, words * WORD_SCALE, cues], axis=1).astype(np.float32)
    return rows
