"""The recogniser's network: its gradients, what it reads where, and that it learns."""

import numpy as np
import pytest

from bot.recognition.fitting import Layout, Sample, batch_of, fit_network, gradients_of
from bot.recognition.network import Network, mean_of, pooled
from bot.recognition.projection import fit_projection

RANDOM = np.random.default_rng(5)
WIDTH, WORDS, CLAUSE, LABELS, CLASSES = 6, 4, 3, 5, 3
LAYOUT = Layout(LABELS, (2,), ((5, 8),))
RARITY = np.array([1.0, 2.0, 1.0, 1.5, 3.0])


def sample(tokens: int, starts: list[int]) -> Sample:
    message = np.concatenate([RANDOM.integers(0, 2, LABELS), np.eye(CLASSES)[RANDOM.integers(CLASSES)]])
    clauses = RANDOM.integers(0, 2, (len(starts), CLAUSE))
    counts = RANDOM.integers(0, 2, (len(starts), CLAUSE))
    vectors, words = RANDOM.normal(size=(tokens, WIDTH)), RANDOM.normal(size=(1 + len(starts), WORDS))
    return Sample(vectors, np.array(starts), words, message, clauses, counts)


def network(clause_hidden: int = 4, message_hidden: int = 3) -> Network:
    hidden, outputs = clause_hidden + message_hidden, LABELS + CLASSES
    shapes = [(WIDTH, hidden), (hidden,)]
    shapes += [(clause_hidden, CLAUSE)] * 3 + [(message_hidden, outputs - CLAUSE)] * 3
    shapes += [(WORDS, outputs), (outputs,), (CLAUSE,)]
    return Network(*(RANDOM.normal(size=shape) for shape in shapes))


def test_every_gradient_is_the_slope_of_the_cost() -> None:
    net = network()
    batch = batch_of([sample(5, [0, 2]), sample(3, [0]), sample(7, [0, 3, 4])])
    for name in ("vectors", "words", "clause_words"):  # in double precision, so that a small step is seen
        setattr(batch, name, getattr(batch, name).astype(np.float64))
    penalties = {"inner": 1e-4, "clause_what": 1e-4, "clause_mean": 1e-4, "message_what": 1e-4, "message_mean": 1e-4}
    penalties["words"] = 1e-3
    _, gradients = gradients_of(net, batch, LAYOUT, RARITY)
    for name, value in net.arrays().items():
        for place in list(np.ndindex(value.shape))[:: max(1, value.size // 12)]:
            costs = []
            for step in (1e-5, -1e-5):
                value[place] += step
                costs.append(gradients_of(net, batch, LAYOUT, RARITY)[0])
                value[place] -= step
            slope = (costs[0] - costs[1]) / 2e-5 + penalties.get(name, 0) * value[place]
            assert gradients[name][place] == pytest.approx(slope, rel=1e-3, abs=1e-5), (name, place)


def test_a_batch_costs_what_its_samples_cost() -> None:
    net, samples = network(), [sample(5, [0, 2]), sample(3, [0])]
    together = gradients_of(net, batch_of(samples), LAYOUT, RARITY)[0]
    alone = [gradients_of(net, batch_of([each]), LAYOUT, RARITY)[0] for each in samples]
    assert together == pytest.approx(np.mean(alone), rel=1e-5)


def test_reading_alone_is_reading_in_a_batch() -> None:
    net, one = network(), sample(6, [0, 2, 5])
    message, clauses = net.scores(one.vectors, one.starts, one.words)
    assert message.shape == (LABELS + CLASSES,)
    assert clauses.shape == (3, CLAUSE)
    moved, _ = net.scores(one.vectors[::-1], np.array([0]), one.words[:2])
    assert np.allclose(moved, message)  # the order of tokens is in their vectors, not in their place


def test_a_clause_reads_its_own_tokens() -> None:
    net, one = network(), sample(6, [0, 2, 5])
    changed = one.vectors.copy()
    changed[5] += 1
    before, after = (net.scores(vectors, one.starts, one.words)[1] for vectors in (one.vectors, changed))
    assert np.allclose(before[:2], after[:2])
    assert not np.allclose(before[2], after[2])


def test_weights_share_one_out_in_each_segment() -> None:
    looked_for, said = RANDOM.normal(size=(7, 2)) * 50, RANDOM.normal(size=(7, 2))
    starts = np.array([0, 3, 4])
    scores, weights = pooled(looked_for, said, starts)
    assert np.allclose(np.add.reduceat(weights, starts), 1)
    assert (scores <= np.maximum.reduceat(said, starts) + 1e-9).all()
    assert np.allclose(mean_of(said, starts)[1], said[3])


def rule(number: int) -> Sample:
    """A message whose label and class follow from one token among noise."""
    random = np.random.default_rng(number)
    vectors = random.normal(size=(4 + number % 5, WIDTH)).astype(np.float32) * 0.3
    kind, place = number % CLASSES, random.integers(2, 4)
    vectors[place, kind] += 4
    message = np.zeros(LABELS + CLASSES, np.float32)
    message[[0, LABELS + kind]] = [kind == 1, 1]
    clauses = np.zeros((2, CLAUSE), np.float32)
    clauses[1, 0] = kind == 1
    return Sample(vectors, np.array([0, 2]), np.zeros((3, WORDS), np.float32), message, clauses, np.ones_like(clauses))


def test_it_learns_what_one_token_says() -> None:
    net = fit_network([rule(number) for number in range(600)], LAYOUT, seed=1)
    right = clause_right = 0
    for one in (rule(number) for number in range(1000, 1100)):
        message, clauses = net.scores(one.vectors, one.starts, one.words)
        right += (message[0] > 0) == one.message[0] and message[5:].argmax() == one.message[5:].argmax()
        clause_right += (clauses[1, 0] > 0) == one.clauses[1, 0] and clauses[0, 0] < 0
    assert right >= 97
    assert clause_right >= 97


def test_the_same_seed_gives_the_same_network() -> None:
    samples = [rule(number) for number in range(60)]
    first, second = (fit_network(samples, LAYOUT, seed=3).arrays() for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_network_reads_the_vectors_themselves_once_unfolded() -> None:
    raw = [RANDOM.normal(size=(5, WIDTH)).astype(np.float32) * 3 + 2 for _ in range(30)]
    projection = fit_projection(raw, size=4)
    outputs, hidden = LABELS + CLASSES, 7
    small = Network(
        RANDOM.normal(size=(4, hidden)),
        RANDOM.normal(size=hidden),
        *(RANDOM.normal(size=(4, CLAUSE)) for _ in range(3)),
        *(RANDOM.normal(size=(3, outputs - CLAUSE)) for _ in range(3)),
        np.zeros((WORDS, outputs)),
        np.zeros(outputs),
        np.zeros(CLAUSE),
    )
    words = np.zeros((2, WORDS))
    projected = small.scores(projection.apply(raw)[0], np.array([0]), words)
    unfolded = projection.unfold(small).scores(raw[0], np.array([0]), words)
    assert np.allclose(projected[0], unfolded[0], atol=1e-3)
    assert np.allclose(projected[1], unfolded[1], atol=1e-3)
