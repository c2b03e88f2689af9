"""The trained part of recognition: a small network over the tokens of a message, kept as plain arrays.

Two hidden layers of their own read the tokens' vectors: one for behaviours, which are read in each clause and in the whole
message, one for everything that is said of the message alone. Each output then looks for the tokens that matter to it (one
attention a label) and adds what telling words and cues say. Shapes: docs/recognition.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Starts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Outputs that each choose the tokens they read.

    Attributes:
        where: what an output looks for, shape (hidden, outputs).
        what: what it says of a token, shape (hidden, outputs).
        mean: what it says of the mean token, shape (hidden, outputs).
    """

    where: Matrix
    what: Matrix
    mean: Matrix

    def read(self, hidden: Matrix, starts: Starts) -> Matrix:
        """Scores of the segments of tokens that begin at `starts`, shape (segments, outputs)."""
        return pooled(hidden @ self.where, hidden @ self.what, starts)[0] + mean_of(hidden, starts) @ self.mean


@dataclass(frozen=True, slots=True)
class Network:
    """One trained network; S features of words and cues, C outputs a clause, M outputs a message alone.

    Attributes:
        inner, inner_bias: tokens' vectors to the hidden layers, shapes (width, hidden) and (hidden,).
        clause_where, clause_what, clause_mean: the :class:`Pool` of clauses, on the first hidden units.
        message_where, message_what, message_mean: the pool of messages, on the other hidden units.
        words: shape (S, C + M).
        bias: of the outputs of a message, shape (C + M,).
        clause_bias: of the outputs of a clause, shape (C,).
    """

    inner: Matrix
    inner_bias: Matrix
    clause_where: Matrix
    clause_what: Matrix
    clause_mean: Matrix
    message_where: Matrix
    message_what: Matrix
    message_mean: Matrix
    words: Matrix
    bias: Matrix
    clause_bias: Matrix

    def scores(self, vectors: Matrix, starts: Starts, words: Matrix) -> tuple[Matrix, Matrix]:
        """Log odds of a message, shape (C + M,), and of each of its clauses, shape (clauses, C).

        Args:
            vectors: of the tokens, shape (tokens, width), at least one.
            starts: first token of each clause, shape (clauses,).
            words: features of the message, then of each clause, shape (1 + clauses, S).
        """
        hidden = np.maximum(vectors @ self.inner + self.inner_bias, 0)
        first, rest = np.split(hidden, [len(self.clause_where)], axis=1)
        clauses = Pool(self.clause_where, self.clause_what, self.clause_mean)
        whole = Pool(self.message_where, self.message_what, self.message_mean)
        message = np.array([0])
        said = words @ self.words
        outputs = len(self.clause_bias)
        top = np.concatenate([clauses.read(first, message), whole.read(rest, message)], axis=1)[0]
        parts = clauses.read(first, starts) + said[1:, :outputs] + self.clause_bias
        return top + said[0] + self.bias, parts

    def arrays(self) -> Mapping[str, Matrix]:
        """Every array by its name, for saving."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def pooled(looked_for: Matrix, said: Matrix, starts: Starts) -> tuple[Matrix, Matrix]:
    """Mean of what is said of each segment's tokens, weighted by a softmax of what is looked for.

    Returns:
        Scores of shape (segments, outputs), and the weights, shape (tokens, outputs).
    """
    sizes = segment_sizes(starts, len(said))
    weights = np.exp(looked_for - np.repeat(np.maximum.reduceat(looked_for, starts), sizes, axis=0))
    weights /= np.repeat(np.add.reduceat(weights, starts), sizes, axis=0)
    return np.add.reduceat(weights * said, starts), weights


def mean_of(rows: Matrix, starts: Starts) -> Matrix:
    """Mean row of each segment."""
    return np.asarray(np.add.reduceat(rows, starts) / segment_sizes(starts, len(rows))[:, None], rows.dtype)


def segment_sizes(starts: Starts, count: int) -> Starts:
    """Rows of each segment; segments begin at `starts` and together hold `count` rows."""
    return np.diff(np.append(starts, count))
