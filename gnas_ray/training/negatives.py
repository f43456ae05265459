"""Items that positives are contrasted with, by the name the `negatives` decision gives the way they are drawn.

All are drawn for a whole batch at once and on the device. n negatives take 4 n reads of tables, 15 n where positives
are avoided; with c candidates c times that, and 2 c n width operations of scoring. Nothing larger than n is held,
however many the candidates: they are drawn, and scored, one after another.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gnas_ray.core.family import Family
from gnas_ray.models.options import choose
from gnas_ray.training.alias_table import AliasTable
from gnas_ray.training.batches import Positives
from gnas_ray.training.options import LossOptions
from gnas_ray.training.pair_lookup import PairLookup

_REDRAWS = 2
"""With a tenth of the items seen, one draw in a thousand is still a positive after two redraws."""


@dataclass(frozen=True)
class Asked:
    """Whose negatives are drawn, and how many.

    Attributes:
        user_index: Users of all ranks, who must ask for the same. May repeat itself.
        mine: Those of them whose negatives this rank needs.
        num_negatives: For each of them.
        score: Scores of items for `mine`, larger for harder ones; called without gradients.
        avoid_positives: Whether draws that hit one of the user's positives are redrawn, a fixed number of times. A
            fixed number keeps the device from waiting for the host; what is still a positive then stays.
    """

    user_index: Int[Tensor, " n"]
    mine: slice | Int[Tensor, " m"]
    num_negatives: int
    score: Callable[[Int[Tensor, "m k"]], Float[Tensor, "m k"]]
    avoid_positives: bool = True


@dataclass(frozen=True)
class Drawn:
    """Negatives of the rank's users.

    Attributes:
        item_index: Of every user its negatives.
        log_weight: How many items of the catalogue each stands for: the sum of ``exp(score + log_weight)`` estimates
            that of ``exp(score)`` over all items, as if no positives were avoided (log-Q correction; Bengio & Senécal
            2008, doi:10.1109/TNN.2007.912312). A negative that has beaten others stands for them too, and the
            estimate is the less too low the more unequal the scores are.
    """

    item_index: Int[Tensor, "m k"]
    log_weight: Float[Tensor, "m k"]


class Negatives(ABC):
    """Constructed once a trial as ``Member(options, positives)``."""

    @abstractmethod
    def draw(self, asked: Asked, generator: torch.Generator) -> Drawn:
        """Negatives for ``asked.mine``.

        Args:
            asked: Whose.
            generator: Equal on all ranks, so whatever is drawn must be drawn for all of ``asked.user_index``.
        """


class MixedNegatives(Negatives):
    """A share of the negatives is drawn by popularity and may have to beat others; the rest are uniform.

    The share is drawn with probability proportional to ``count ** exponent``, the count being of an item's interactions
    (Mikolov et al. 2013, arXiv:1310.4546, section 2.2), and each is the highest scored of `num_candidates` such draws
    (dynamic negative sampling, Zhang et al. 2013, doi:10.1145/2484028.2484126). Which of a user's negatives belong to
    the share is drawn too (mixed negative sampling, Yang et al. 2020, doi:10.1145/3366424.3386195).
    """

    def __init__(self, positives: Positives, *, share: float, exponent: float, num_candidates: int) -> None:
        self._share, self._num_candidates = share, num_candidates
        counts = torch.bincount(positives.item_index, minlength=positives.num_items)
        probability = counts.double() ** exponent / (counts.double() ** exponent).sum()
        self._table = AliasTable(probability)
        expected = (1 - share) / positives.num_items + share * num_candidates * probability
        self._log_expected = expected.log().float()
        self._lookup = PairLookup(positives)

    @torch.no_grad()
    def draw(self, asked: Asked, generator: torch.Generator) -> Drawn:
        """See `Negatives.draw`."""
        shape = (len(asked.user_index), asked.num_negatives)
        uniform = torch.rand(shape, generator=generator, device=generator.device) >= self._share
        items = self._draw(asked, uniform, generator)[asked.mine]
        if self._num_candidates > 1:
            best = asked.score(items)
            for _ in range(self._num_candidates - 1):
                others = self._draw(asked, uniform, generator)[asked.mine]
                scores = asked.score(others)
                wins = (scores > best) & ~uniform[asked.mine]
                items, best = torch.where(wins, others, items), torch.where(wins, scores, best)
        return Drawn(items, -self._log_expected[items] - math.log(asked.num_negatives))

    def _draw(self, asked: Asked, uniform: Bool[Tensor, "n k"], generator: torch.Generator) -> Int[Tensor, "n k"]:
        items = self._table.draw(uniform, generator)
        for _ in range(_REDRAWS if asked.avoid_positives else 0):
            is_positive = self._lookup.contains(asked.user_index.unsqueeze(1), items)
            items = torch.where(is_positive, self._table.draw(uniform, generator), items)
        return items


def _uniform(options: LossOptions, positives: Positives) -> Negatives:
    return MixedNegatives(positives, share=0.0, exponent=0.0, num_candidates=1)


def _popularity(options: LossOptions, positives: Positives) -> Negatives:
    return MixedNegatives(positives, share=1.0, exponent=options.popularity_exponent, num_candidates=1)


def _hard(options: LossOptions, positives: Positives) -> Negatives:
    return MixedNegatives(positives, share=1.0, exponent=0.0, num_candidates=options.num_candidates)


def _mixture(options: LossOptions, positives: Positives) -> Negatives:
    return MixedNegatives(
        positives,
        share=options.mixture_share,
        exponent=options.popularity_exponent,
        num_candidates=options.num_candidates,
    )


NEGATIVES: Family[Callable[[LossOptions, Positives], Negatives]] = Family(
    "negatives",
    {
        "uniform": _uniform,
        "popularity": _popularity,
        "hard": _hard,
        "mixture": _mixture,
    },
)


def build_negatives(options: LossOptions, positives: Positives) -> Negatives:
    """The member that ``options.negatives`` names."""
    return choose(NEGATIVES, options.negatives, "negatives")(options, positives)
