"""What is believed of members before any was tried here: by the weights of options, and by earlier experiments."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gnas_ray.space import OptionChoice, SearchSpace
from gnas_ray.surrogates.base import EarlierTrials
from gnas_ray.surrogates.encoding import Array, Encoding
from gnas_ray.surrogates.gaussian_process import Points, process_of


class WeightsHint:
    """The logarithm of a member's weight: the sum over its choices, 0 for the mean over options.

    At most a standard deviation of 1 over random members: heavier weights are no better evidence, lighter ones a
    fainter hint.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._tables = [_log_weights(choice) for choice in (*space.decisions, *space.hyperparameters)]
        spread = math.sqrt(sum(float(table.var()) for table in self._tables if len(table)))
        self._scale = 1 / max(spread, 1.0)

    def __call__(self, codes: Array) -> Array:
        """(n,) for (n, choices) of the space's encoding; what is inactive counts nothing."""
        total = np.zeros(len(codes))
        for choice, table in enumerate(self._tables):
            if len(table):
                code = codes[:, choice].astype(int)
                total += np.where(code < 0, 0.0, table[code])
        return total * self._scale


class EarlierHint:
    """What a Gaussian process of an earlier experiment's trials predicts, in the normal scores of that experiment.

    Its ranks were among its own trials only; so experiments are compared by the order in which they put members, as
    in RGPE (Feurer et al. 2018, arXiv:1802.02219), and not by values. Where nothing like a member was tried, it says 0.
    """

    def __init__(self, encoding: Encoding, earlier: EarlierTrials) -> None:
        self._process = process_of(encoding, encoding.encode(earlier.members), earlier.values)

    def __call__(self, codes: Array) -> Array:
        """(n,) for (n, choices) of `encoding`."""
        return self._process.predict(Points.without_hints(codes))[0]


Hint = WeightsHint | EarlierHint


def hints_of(space: SearchSpace, encoding: Encoding, earlier: Sequence[EarlierTrials]) -> list[Hint]:
    """All there are for members of `space`; none where nothing is preferred and nothing was tried before."""
    by_weights: list[Hint] = [WeightsHint(space)] if space.is_weighted else []
    return [*by_weights, *(EarlierHint(encoding, trials) for trials in earlier if len(trials.members) > 1)]


def _log_weights(choice: object) -> Array:
    """Of each option, centred; empty where none is preferred."""
    if not isinstance(choice, OptionChoice) or not choice.weights:
        return np.zeros(0)
    logarithm = np.log(choice.weights)
    centred: Array = logarithm - logarithm.mean()
    return centred
