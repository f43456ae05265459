"""A probability distribution over architectures, decision by decision."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Value
from gnas_ray.space import SearchSpace

Array = NDArray[np.float64]

_NUM_OWN = 32
"""Samples that stand for what a policy samples."""


class Policy:
    """Decisions in order, each a softmax whose logits depend linearly on the options chosen before it.

    ``logits = [1, chosen] @ parameters``, where `chosen` is the one-hot vector of everything chosen so far, so the
    first row is the bias. With `conditional` off the other rows stay 0 and decisions are independent. Inactive
    decisions are masked: they are not sampled, and add nothing to log-probabilities, entropies or gradients.

    Attributes:
        parameters: (1 + num_options, num_options) over the options of all decisions, in order; 0 at the start, which
            is the uniform policy; where the space prefers options, the first row is the logarithm of their weights.
        learned: Of the same shape: 1 for the parameters that may differ from 0.
    """

    def __init__(self, space: SearchSpace, *, conditional: bool) -> None:
        self._space = space
        sizes = [len(decision.options) for decision in space.decisions]
        self._starts = [0, *accumulate(sizes)][:-1]
        self._decision_of = np.repeat(np.arange(len(sizes)), sizes)
        self._index = {
            (decision.name, option): start + position
            for decision, start in zip(space.decisions, self._starts, strict=True)
            for position, option in enumerate(decision.options)
        }
        earlier = (self._decision_of[:, None] < self._decision_of) * float(conditional)
        self.learned: Array = np.vstack([np.ones(len(earlier)), earlier])
        self.parameters: Array = np.zeros_like(self.learned)
        self.parameters[0] = [math.log(w) for d in space.decisions for w in d.weights or (1.0,) * len(d.options)]

    def sample(self, generator: random.Random) -> tuple[dict[str, Value], float]:
        """An architecture and its log-probability."""
        logits = self.parameters[0].copy()
        log_prob = 0.0
        architecture: dict[str, Value] = {}
        for decision, start in zip(self._space.decisions, self._starts, strict=True):
            if not self._space.active(architecture, decision):
                continue
            probability = _softmax(logits[start : start + len(decision.options)].tolist())
            choice = _draw(probability, generator)
            architecture[decision.name] = decision.options[choice]
            log_prob += math.log(probability[choice])
            logits += self.parameters[1 + start + choice]
        return architecture, log_prob

    def encode(self, architectures: Sequence[Mapping[str, Value]]) -> Array:
        """(n, num_options), 1 for each option chosen."""
        chosen = np.zeros((len(architectures), len(self._decision_of)))
        for row, architecture in enumerate(architectures):
            chosen[row, [self._index[pair] for pair in architecture.items()]] = 1.0
        return chosen

    def probability(self, chosen: Array) -> Array:
        """(n, num_options): each option's chance after what `chosen` has before it; 0 where inactive."""
        logits = self.parameters[0] + chosen @ self.parameters[1:]
        highest = np.maximum.reduceat(logits, self._starts, axis=1)
        exponential = np.exp(logits - highest[:, self._decision_of])
        active = self._per_decision(chosen)
        probability: Array = exponential / self._per_decision(exponential) * active
        return probability

    def log_prob(self, chosen: Array) -> Array:
        """(n,) log-probability of each architecture."""
        total: Array = np.log(np.where(chosen > 0, self.probability(chosen), 1.0)).sum(axis=1)
        return total

    def entropy(self, chosen: Array) -> Array:
        """(n,) sum of the entropies of each architecture's active decisions."""
        total: Array = _surprise(self.probability(chosen)).sum(axis=1)
        return total

    def gradient(self, chosen: Array, slope: Array, entropy_slope: Array) -> Array:
        """Of ``(slope * log_prob(chosen) + entropy_slope * entropy(chosen)).sum()`` with respect to `parameters`.

        Args:
            chosen: (n, num_options).
            slope: (n,).
            entropy_slope: (n,).
        """
        probability = self.probability(chosen)
        surprise = _surprise(probability)
        # d entropy / d logit = -p (log p + entropy)
        by_entropy = surprise - probability * self._per_decision(surprise)
        by_logit = slope[:, None] * (chosen - probability) + entropy_slope[:, None] * by_entropy
        gradient: Array = np.vstack([by_logit.sum(axis=0), chosen.T @ by_logit]) * self.learned
        return gradient

    def marginals(self, chosen: Array) -> dict[str, dict[Value, float]]:
        """Mean chance of each option over the architectures in which its decision is active."""
        probability = self.probability(chosen).sum(axis=0)
        num_active = self._per_decision(chosen).sum(axis=0)
        return {
            decision.name: {
                option: float(probability[start + i] / num_active[start]) for i, option in enumerate(decision.options)
            }
            for decision, start in zip(self._space.decisions, self._starts, strict=True)
            if num_active[start] > 0
        }

    def own_marginals(self) -> dict[str, dict[Value, float]]:
        """The marginals over architectures that the policy samples itself."""
        generator = random.Random(0)
        return self.marginals(self.encode([self.sample(generator)[0] for _ in range(_NUM_OWN)]))

    def _per_decision(self, by_option: Array) -> Array:
        """(n, num_options): the sum over the options of the same decision."""
        total: Array = np.add.reduceat(by_option, self._starts, axis=1)[:, self._decision_of]
        return total


def _surprise(probability: Array) -> Array:
    """``-p log p``, 0 at 0."""
    surprise: Array = -probability * np.log(np.where(probability > 0, probability, 1.0))
    return surprise


def _softmax(logits: Sequence[float]) -> list[float]:
    """In plain Python: for the few options of one decision, ten times faster than through arrays."""
    highest = max(logits)
    exponential = [math.exp(logit - highest) for logit in logits]
    normaliser = sum(exponential)
    return [value / normaliser for value in exponential]


def _draw(probability: Sequence[float], generator: random.Random) -> int:
    """What ``generator.choices`` would draw, in a third of its time."""
    left = generator.random() * sum(probability)
    for index, share in enumerate(probability):
        left -= share
        if left < 0:
            return index
    return len(probability) - 1


class Adam:
    """Adam's ascent steps (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1, with its constants)."""

    def __init__(self, shape: tuple[int, ...], learning_rate: float) -> None:
        self._learning_rate = learning_rate
        self._mean: Array = np.zeros(shape)
        self._square: Array = np.zeros(shape)
        self._num_steps = 0

    def step(self, gradient: Array) -> Array:
        """What to add to the parameters."""
        self._num_steps += 1
        self._mean = 0.9 * self._mean + 0.1 * gradient
        self._square = 0.999 * self._square + 0.001 * gradient**2
        mean = self._mean / (1 - 0.9**self._num_steps)
        square = self._square / (1 - 0.999**self._num_steps)
        step: Array = self._learning_rate * mean / (np.sqrt(square) + 1e-8)
        return step
