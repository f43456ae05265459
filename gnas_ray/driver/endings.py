"""A trial's last word, for the session and for whoever watches."""

from __future__ import annotations

from collections.abc import Iterable

from gnas_ray.core import Ending, Outcome
from gnas_ray.core.events import Listener, TrialEnded, TrialPaused, TrialStarted
from gnas_ray.search import SearchSession


def end_trial(session: SearchSession, number: int, outcome: Outcome, listener: Listener) -> None:
    """Tells the session, and watchers what it made of `outcome`: stopped on a plateau is finished, and finished at a
    rung is paused where rungs promote.
    """
    session.tell(number, outcome)
    tell_of(session, number, listener)


def tell_of(session: SearchSession, number: int, listener: Listener) -> None:
    """Tells watchers that a trial ended or paused."""
    record = session.ledger.trial(number)
    epochs, best, verdict = record.fidelity, record.value(session.ledger.objectives), record.outcome
    if verdict is None:
        listener(TrialPaused(number, epochs, best))
    else:
        listener(TrialEnded(record.spec, verdict, record.reward, epochs, best))
    listener(session.progress())


def tell_of_infeasible(session: SearchSession, numbers: Iterable[int], listener: Listener) -> None:
    """Tells watchers of those trials that ended without being trained."""
    for record in map(session.ledger.trial, numbers):
        if record.outcome is not None and record.outcome.ending is Ending.INFEASIBLE:
            listener(TrialStarted(record.spec, record.proposal.origin))
            tell_of(session, record.number, listener)


def end_what_is_left(session: SearchSession, listener: Listener) -> None:
    """Ends as STOPPED what was cut off if the time budget is spent, and what is paused if the search is over.

    A trial keeps its place in the ranking.
    """
    detail = "the time budget was spent" if session.is_out_of_time else ""
    for number in session.abandoned:
        end_trial(session, number, Outcome(Ending.STOPPED, detail=detail), listener)
