"""Fits a :class:`Network` by Adam, with gradients written out.

Every step is a handful of matrix products, and training needs neither TensorFlow nor torch (docs/decisions/0003-classifiers.md).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from bot.recognition.network import Matrix, Network, Starts, mean_of, pooled, segment_sizes

CLAUSE_HIDDEN, MESSAGE_HIDDEN = 256, 160
EPOCHS, BATCH, RATE, WARM_UP = 8, 48, 2e-3, 60
DROP_VECTORS, DROP_HIDDEN, DROP_WORDS, DROP_TOKENS = 0.15, 0.3, 0.3, 0.1
PENALTY, WORD_PENALTY = 1e-4, 1e-3
CLAUSE_SHARE = 0.5  # how much a wrong clause costs beside a wrong message
RARE = 0.3  # 0 leaves rare labels as they are, 1 makes them cost as much as common ones
_SLOW, _SLOWER, _TINY = 0.9, 0.99, 1e-8


@dataclass(frozen=True, slots=True)
class Sample:
    """One example ready for fitting; C outputs a clause, of which the last is "denies", M outputs a message.

    Attributes:
        vectors: of its tokens, shape (tokens, width).
        starts: first token of each clause.
        words: features of the message and each clause, shape (1 + clauses, S).
        message: targets 0 or 1 of labels and classes, shape (C + M,).
        clauses: targets of each clause, shape (clauses, C).
        counts: 1 where a clause's target counts, shape (clauses, C): a clause about nothing denies nothing.
    """

    vectors: Matrix
    starts: Starts
    words: Matrix
    message: Matrix
    clauses: Matrix
    counts: Matrix


@dataclass(frozen=True, slots=True)
class Layout:
    """Which outputs of a message are labels that may hold together, and which are classes of which one holds.

    Attributes:
        labels: number of labels at the front; the clause outputs are the first of them.
        unread: places among the labels that a message does not answer ("denies").
        classes: (first, last + 1) of each group of classes.
    """

    labels: int
    unread: tuple[int, ...]
    classes: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Adam:
    """Adam with its state for one array."""

    mean: Matrix
    square: Matrix
    steps: int = 0

    def step(self, value: Matrix, gradient: Matrix, rate: float) -> None:
        self.steps += 1
        self.mean += (1 - _SLOW) * (gradient - self.mean)
        self.square += (1 - _SLOWER) * (gradient * gradient - self.square)
        scale = rate * (1 - _SLOWER**self.steps) ** 0.5 / (1 - _SLOW**self.steps)
        value -= np.float32(scale) * self.mean / (np.sqrt(self.square) + np.float32(_TINY))


@dataclass(slots=True)
class _Batch:
    vectors: Matrix
    starts: Starts
    clause_starts: Starts
    words: Matrix
    clause_words: Matrix
    message: Matrix
    clauses: Matrix
    counts: Matrix
    keep: dict[str, Matrix] = field(default_factory=dict)


def fit_network(
    samples: Sequence[Sample], layout: Layout, seed: int, tell: Callable[[str], None] = lambda _: None
) -> Network:
    """Fit one network.

    Args:
        samples: at least one.
        layout: of the outputs.
        seed: of the first weights, the order and what is dropped.
        tell: receives one line an epoch.
    """
    random = np.random.default_rng(seed)
    network = _first_network(samples, random)
    arrays = network.arrays()
    adams = {name: _Adam(np.zeros_like(value), np.zeros_like(value)) for name, value in arrays.items()}
    rarity = _rarity(samples, layout)
    steps, step = EPOCHS * -(-len(samples) // BATCH), 0
    for epoch in range(EPOCHS):
        cost = 0.0
        for batch in _batches(samples, random):
            _drop(batch, network, random)
            loss, gradients = gradients_of(network, batch, layout, rarity)
            rate = RATE * min(1.0, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
            for name, gradient in gradients.items():
                adams[name].step(arrays[name], gradient, rate)
            cost, step = cost + loss, step + 1
        tell(f"epoch {epoch + 1} of {EPOCHS}: {cost * BATCH / len(samples):.3f}")
    return network


def _first_network(samples: Sequence[Sample], random: np.random.Generator) -> Network:
    width, words = samples[0].vectors.shape[1], samples[0].words.shape[1]
    outputs, clause = len(samples[0].message), samples[0].clauses.shape[1]

    def small(rows: int, columns: int) -> Matrix:
        return np.asarray(random.standard_normal((rows, columns)) * rows**-0.5, np.float32)

    def none(*shape: int) -> Matrix:
        return np.zeros(shape, np.float32)

    hidden = CLAUSE_HIDDEN + MESSAGE_HIDDEN
    rest = outputs - clause
    return Network(
        inner=small(width, hidden),
        inner_bias=none(hidden),
        clause_where=small(CLAUSE_HIDDEN, clause),
        clause_what=small(CLAUSE_HIDDEN, clause),
        clause_mean=small(CLAUSE_HIDDEN, clause),
        message_where=small(MESSAGE_HIDDEN, rest),
        message_what=small(MESSAGE_HIDDEN, rest),
        message_mean=small(MESSAGE_HIDDEN, rest),
        words=none(words, outputs),
        bias=none(outputs),
        clause_bias=none(clause),
    )


def _rarity(samples: Sequence[Sample], layout: Layout) -> Matrix:
    """What a missed label costs, shape (labels,)."""
    share = np.clip(np.mean([sample.message[: layout.labels] for sample in samples], axis=0), 1e-4, 0.5)
    return np.asarray(((1 - share) / share) ** RARE, np.float32)


def _batches(samples: Sequence[Sample], random: np.random.Generator) -> Iterator[_Batch]:
    """All samples once, those of like length together so that steps are of like size, in another order each time."""
    order = np.argsort([len(sample.vectors) + 10 * random.random() for sample in samples], kind="stable")
    groups = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    for place in random.permutation(len(groups)):
        yield batch_of([samples[i] for i in groups[place]])


def batch_of(samples: Sequence[Sample]) -> _Batch:
    """Samples side by side."""
    sizes = np.array([len(sample.vectors) for sample in samples])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    return _Batch(
        np.concatenate([sample.vectors for sample in samples]).astype(np.float32),
        starts,
        np.concatenate([sample.starts + start for sample, start in zip(samples, starts, strict=True)]),
        np.stack([sample.words[0] for sample in samples]),
        np.concatenate([sample.words[1:] for sample in samples]),
        np.stack([sample.message for sample in samples]),
        np.concatenate([sample.clauses for sample in samples]),
        np.concatenate([sample.counts for sample in samples]),
    )


def _drop(batch: _Batch, network: Network, random: np.random.Generator) -> None:
    """Leave some of everything out, so that nothing is learnt from one thing alone."""

    def mask(shape: tuple[int, ...], share: float) -> Matrix:
        return (random.random(shape, np.float32) >= share).astype(np.float32) / np.float32(1 - share)

    batch.vectors *= mask((len(batch.vectors), 1), DROP_TOKENS) * (1 - DROP_TOKENS)
    batch.vectors *= mask(batch.vectors.shape, DROP_VECTORS)
    batch.words = batch.words * mask(batch.words.shape, DROP_WORDS)
    batch.clause_words = batch.clause_words * mask(batch.clause_words.shape, DROP_WORDS)
    batch.keep["hidden"] = mask((len(batch.vectors), len(network.inner_bias)), DROP_HIDDEN)


def gradients_of(network: Network, batch: _Batch, layout: Layout, rarity: Matrix) -> tuple[float, dict[str, Matrix]]:
    """The mean cost of a batch and its gradient by each array of the network."""
    outputs = len(network.clause_bias)
    raw = batch.vectors @ network.inner + network.inner_bias
    alive = (raw > 0).astype(np.float32)
    if "hidden" in batch.keep:
        alive *= batch.keep["hidden"]
    hidden = raw * alive
    first, rest = hidden[:, : len(network.clause_where)], hidden[:, len(network.clause_where) :]
    clause = _Reader(first, network.clause_where, network.clause_what, network.clause_mean)
    whole = _Reader(rest, network.message_where, network.message_what, network.message_mean)
    of_labels, of_the_rest = clause.read(batch.starts), whole.read(batch.starts)
    of_clauses = clause.read(batch.clause_starts)
    top = np.concatenate([of_labels.scores, of_the_rest.scores], axis=1)
    top += batch.words @ network.words + network.bias
    parts = of_clauses.scores + batch.clause_words @ network.words[:, :outputs] + network.clause_bias

    loss, top_error = _message_cost(top, batch.message, layout, rarity)
    clause_loss, part_error = _label_cost(parts, batch.clauses, rarity[:outputs])
    part_error *= batch.counts * CLAUSE_SHARE
    count = np.float32(len(batch.starts))
    top_error, part_error = top_error / count, part_error / count

    clause.back(of_labels, top_error[:, :outputs])
    clause.back(of_clauses, part_error)
    whole.back(of_the_rest, top_error[:, outputs:])
    inner_error = np.concatenate([clause.error, whole.error], axis=1) * alive
    words = batch.words.T @ top_error + WORD_PENALTY * network.words
    words[:, :outputs] += batch.clause_words.T @ part_error
    gradients = {
        "inner": batch.vectors.T @ inner_error + PENALTY * network.inner,
        "inner_bias": inner_error.sum(0),
        "clause_where": clause.where_error,
        "clause_what": clause.what_error + PENALTY * network.clause_what,
        "clause_mean": clause.mean_error + PENALTY * network.clause_mean,
        "message_where": whole.where_error,
        "message_what": whole.what_error + PENALTY * network.message_what,
        "message_mean": whole.mean_error + PENALTY * network.message_mean,
        "words": words,
        "bias": top_error.sum(0),
        "clause_bias": part_error.sum(0),
    }
    cost = (loss.sum() + CLAUSE_SHARE * (clause_loss * batch.counts).sum()) / count
    return float(cost), gradients


@dataclass(frozen=True, slots=True)
class _Read:
    """What a pool said of some segments: all of it, the part that came by attention, and the attention."""

    starts: Starts
    scores: Matrix
    attended: Matrix
    weights: Matrix


class _Reader:
    """A :class:`Pool` with its gradient, which grows with every :meth:`back`."""

    def __init__(self, hidden: Matrix, where: Matrix, what: Matrix, mean: Matrix) -> None:
        self._hidden, self._where, self._what, self._mean = hidden, where, what, mean
        self._looked_for, self._said = hidden @ where, hidden @ what
        self.error = np.zeros_like(hidden)
        self.where_error, self.what_error = np.zeros_like(where), np.zeros_like(what)
        self.mean_error = np.zeros_like(mean)

    def read(self, starts: Starts) -> _Read:
        attended, weights = pooled(self._looked_for, self._said, starts)
        return _Read(starts, attended + mean_of(self._hidden, starts) @ self._mean, attended, weights)

    def back(self, read: _Read, error: Matrix) -> None:
        sizes = segment_sizes(read.starts, len(self._hidden))
        spread = np.repeat(error, sizes, axis=0) * read.weights
        by_where = spread * (self._said - np.repeat(read.attended, sizes, axis=0))
        self.where_error += self._hidden.T @ by_where
        self.what_error += self._hidden.T @ spread
        self.mean_error += mean_of(self._hidden, read.starts).T @ error
        by_mean = (error / sizes[:, None].astype(np.float32)) @ self._mean.T
        self.error += by_where @ self._where.T + spread @ self._what.T + np.repeat(by_mean, sizes, axis=0)


def _label_cost(scores: Matrix, targets: Matrix, rarity: Matrix) -> tuple[Matrix, Matrix]:
    """Cross-entropy of labels and its gradient by the scores."""
    importance = np.where(targets > 0, rarity, np.float32(1))
    cost = np.maximum(scores, 0) - scores * targets + np.log1p(np.exp(-np.abs(scores)))
    return importance * cost, importance * (expit(scores) - targets)


def _message_cost(scores: Matrix, targets: Matrix, layout: Layout, rarity: Matrix) -> tuple[Matrix, Matrix]:
    """Cost of each message, shape (messages,), and its gradient by the scores."""
    error = np.zeros_like(scores)
    labels = slice(0, layout.labels)
    cost, error[:, labels] = _label_cost(scores[:, labels], targets[:, labels], rarity)
    for place in layout.unread:
        cost[:, place], error[:, place] = 0, 0
    total = cost.sum(1)
    for first, last in layout.classes:
        part = scores[:, first:last] - scores[:, first:last].max(1, keepdims=True)
        chances = np.exp(part)
        chances /= chances.sum(1, keepdims=True)
        known = targets[:, first:last].sum(1, keepdims=True)  # 0 where an example says nothing of this
        total -= (targets[:, first:last] * np.log(chances + 1e-9)).sum(1)
        error[:, first:last] = chances * known - targets[:, first:last]
    return total, error
