"""How choices changed while the search learned: the controller's own probabilities, or what was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gnas_ray.core import GIVEN_ORIGINS, Value
from gnas_ray.ledger import TrialRecord
from gnas_ray.space import Decision

WINDOW = 12
"""Proposals in one window: few enough to see a policy move, enough that one proposal is no jump."""


@dataclass(frozen=True)
class OptionShares:
    """How likely, or how frequent, each option of one decision was.

    Attributes:
        options: In the space's order.
        numbers: Trials, ascending.
        shares: One row per trial of `numbers`, one share per option; each row sums to 1.
    """

    decision: str
    options: tuple[Value, ...]
    numbers: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]


def probabilities_over_time(
    moments: Iterable[tuple[int, Mapping[str, Mapping[Value, float]]]], decisions: Sequence[Decision]
) -> tuple[OptionShares, ...]:
    """The policy's own probabilities: for each moment, the trials begun by then and each decision's options.

    Decisions with one option, or that the policy says nothing about, are left out.
    """
    known = list(moments)
    histories = (_probabilities(known, decision) for decision in decisions if len(decision.options) > 1)
    return tuple(history for history in histories if history.numbers)


def _probabilities(
    moments: Sequence[tuple[int, Mapping[str, Mapping[Value, float]]]], decision: Decision
) -> OptionShares:
    told = [(number, by_name[decision.name]) for number, by_name in moments if decision.name in by_name]
    shares = tuple(tuple(options.get(option, 0.0) for option in decision.options) for _, options in told)
    return OptionShares(decision.name, decision.options, tuple(number for number, _ in told), shares)


def option_shares(
    records: Iterable[TrialRecord], decisions: Sequence[Decision], *, window: int = WINDOW
) -> tuple[OptionShares, ...]:
    """Shares among the last `window` trials that made the decision; members given beforehand don't count.

    These are what was tried, whoever proposed it: they exist for every controller, and lag by the window.
    Decisions with one option, or never made, are left out.
    """
    chosen = [r for r in sorted(records, key=lambda r: r.number) if r.proposal.origin not in GIVEN_ORIGINS]
    histories = (_history(chosen, decision, window) for decision in decisions if len(decision.options) > 1)
    return tuple(history for history in histories if history.numbers)


def _history(records: Sequence[TrialRecord], decision: Decision, window: int) -> OptionShares:
    made = [
        (record.number, record.spec.architecture[decision.name])
        for record in records
        if decision.name in record.spec.architecture
    ]
    options = [option for _, option in made]
    shares = tuple(_shares(options[max(0, end - window) : end], decision.options) for end in range(1, len(options) + 1))
    return OptionShares(decision.name, decision.options, tuple(number for number, _ in made), shares)


def _shares(window: Sequence[Value], options: Sequence[Value]) -> tuple[float, ...]:
    counts = Counter(window)
    return tuple(counts[option] / len(window) for option in options)
