"""What the words themselves say, beside what they mean: logistic regression on words, pairs and triples of a message.

The encoder puts "suicidal" near "sad" and "my doorstep" near "my garden"; here a word counts as itself. Neither reads as well as
the two together (docs/decisions/0003-classifiers.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.recognition.network import Matrix

SEEN_IN = 3  # examples that a word must stand in
STRENGTH = 3.0  # scikit-learn's C
_SILENT = 0.03  # weights below are left out, so that the model stays small


@dataclass(frozen=True)
class Lexicon:
    """Words with their weights.

    Attributes:
        words: single words, pairs and triples.
        rarity: of each, shape (words,).
        weights: log odds by output, shape (words, outputs).
        bias: shape (outputs,).
    """

    words: Sequence[str]
    rarity: Matrix
    weights: Matrix
    bias: Matrix

    @cached_property
    def _vectorizer(self) -> TfidfVectorizer:
        vectorizer = _vectorizer(vocabulary=list(self.words))
        vectorizer.idf_ = np.asarray(self.rarity, np.float64)
        return vectorizer

    def scores(self, text: str) -> Matrix:
        """Log odds of a normalised text, shape (outputs,)."""
        return np.asarray((self._vectorizer.transform([text]) @ self.weights)[0] + self.bias, np.float32)


def fit_lexicon(texts: Sequence[str], targets: Matrix, folds: NDArray[np.intp]) -> tuple[Lexicon, Matrix]:
    """Fit one regression a label and fold, and average the folds.

    Args:
        texts: normalised.
        targets: 0 or 1, shape (texts, outputs).
        folds: the fold of each text.

    Returns:
        The lexicon, and for each text the log odds by the regressions that have not seen it, shape (texts, outputs).
    """
    vectorizer = _vectorizer(min_df=SEEN_IN)
    rows = vectorizer.fit_transform(texts)
    names = sorted(set(folds.tolist()))
    outputs = targets.shape[1]
    weights, bias = np.zeros((rows.shape[1], outputs)), np.zeros(outputs)
    unseen = np.zeros((len(texts), outputs), np.float32)
    for fold in names:
        seen, rest = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        for output in range(outputs):
            slope, shift = _regression(rows[seen], targets[seen, output])
            weights[:, output] += slope / len(names)
            bias[output] += shift / len(names)
            unseen[rest, output] = rows[rest] @ slope + shift
    weights[np.abs(weights) < _SILENT] = 0
    told = np.flatnonzero(weights.any(axis=1))
    words = vectorizer.get_feature_names_out()
    lexicon = Lexicon(
        [str(words[i]) for i in told],
        np.asarray(vectorizer.idf_[told], np.float32),
        np.asarray(weights[told], np.float32),
        np.asarray(bias, np.float32),
    )
    return lexicon, unseen


def _vectorizer(**settings: object) -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, token_pattern=r"\b\w+\b", norm="l2", **settings)


def _regression(rows: object, targets: Matrix) -> tuple[NDArray[np.float64], float]:
    if targets.min() == targets.max():  # a label that is always or never there says nothing
        return np.zeros(rows.shape[1]), 0.0  # type: ignore[attr-defined]
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear").fit(rows, targets > 0)
    return fitted.coef_[0], float(fitted.intercept_[0])
