"""How the controller's choices changed while it learned, seen from what it proposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gnas_ray.core import Value
from gnas_ray.ledger import TrialRecord
from gnas_ray.space import Decision

WINDOW = 12
"""Proposals in one window: few enough to see a policy move, enough that one proposal is no jump."""


@dataclass(frozen=True)
class OptionShares:
    """How often each option of one decision was proposed lately.

    Attributes:
        options: In the space's order.
        numbers: Trials in which the decision was active, ascending.
        shares: One row per trial of `numbers`, one share per option; each row sums to 1.
    """

    decision: str
    options: tuple[Value, ...]
    numbers: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]


def option_shares(
    records: Iterable[TrialRecord], decisions: Sequence[Decision], *, window: int = WINDOW
) -> tuple[OptionShares, ...]:
    """Shares among the last `window` proposals that made the decision; prior members don't count.

    These are what was sampled, not the policy's probabilities: they exist for every controller, and lag by the window.
    Decisions with one option, or never made, are left out.
    """
    chosen = [record for record in sorted(records, key=lambda r: r.number) if record.proposal.origin != "prior"]
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
