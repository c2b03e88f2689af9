"""Logistic regression over many labels at once, kept as plain arrays.

scikit-learn fits one label at a time; fitting all behaviours in one pass over the same matrix is some twenty times faster,
which cross-validation needs to stay within the training budget (docs/decisions/0003-classifiers.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted linear model.

    Attributes:
        weights: shape (features, outputs).
        bias: shape (outputs,).
        exclusive: outputs are classes of which one holds (softmax) rather than labels that may hold together (sigmoid).
    """

    weights: Matrix
    bias: Matrix
    exclusive: bool

    def scores(self, features: Matrix) -> Matrix:
        """Log odds, shape (rows, outputs)."""
        return features @ self.weights + self.bias  # type: ignore[no-any-return]

    def probabilities(self, features: Matrix) -> Matrix:
        """Values from 0 to 1, shape (rows, outputs)."""
        scores = self.scores(features)
        if not self.exclusive:
            return expit(scores)  # type: ignore[no-any-return]
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        return scores / scores.sum(-1, keepdims=True)  # type: ignore[no-any-return]


def fit(
    features: Matrix,
    targets: Matrix,
    *,
    exclusive: bool,
    penalty: float = 1.0,
    weights: Matrix | None = None,
    balance: float = 0.5,
    iterations: int = 120,
) -> Logistic:
    """Fit by L-BFGS.

    Args:
        features: shape (rows, features).
        targets: 0 or 1, shape (rows, outputs); one 1 a row when `exclusive`.
        exclusive: see :class:`Logistic`.
        penalty: L2 penalty on the weights, on the scale of scikit-learn's 1 / C.
        weights: of each row, shape (rows,); ones by default.
        balance: 0 leaves rare outputs as they are, 1 gives every output the same total weight.
        iterations: at most so many steps.
    """
    x = np.ascontiguousarray(features, np.float32)
    y = np.ascontiguousarray(targets, np.float32)
    rows, width, outputs = len(x), x.shape[1], y.shape[1]
    per_row = np.ones(rows, np.float32) if weights is None else weights.astype(np.float32)
    share = np.clip(y.mean(0), 1e-4, 0.5 if not exclusive else 1.0)
    if exclusive:
        importance = per_row[:, None] * (y @ ((1 / outputs / share) ** balance))[:, None]
    else:
        importance = per_row[:, None] * np.where(y > 0, ((1 - share) / share) ** balance, 1.0).astype(np.float32)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat[: width * outputs].reshape(width, outputs).astype(np.float32)
        scores = x @ w + flat[width * outputs :].astype(np.float32)
        if exclusive:
            scores -= scores.max(-1, keepdims=True)
            p = np.exp(scores)
            total = p.sum(-1, keepdims=True)
            p /= total
            cost = np.log(total) - scores  # read where y is 1
            value = float((importance * y * cost).sum(dtype=np.float64))
        else:
            p = expit(scores)
            cost = np.maximum(scores, 0) - scores * y + np.log1p(np.exp(-np.abs(scores)))
            value = float((importance * cost).sum(dtype=np.float64))
        value += penalty / 2 * float((w * w).sum(dtype=np.float64))
        error = importance * (p - y)
        gradient = np.concatenate([(x.T @ error + penalty * w).ravel(), error.sum(0)])
        return value, gradient.astype(np.float64)

    start = np.zeros(width * outputs + outputs)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8}).x
    return Logistic(
        found[: width * outputs].reshape(width, outputs).astype(np.float32),
        found[width * outputs :].astype(np.float32),
        exclusive,
    )
