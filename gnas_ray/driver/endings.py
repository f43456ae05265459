"""A trial's last word, for the session and for whoever watches."""

from __future__ import annotations

from gnas_ray.core import Ending, Outcome
from gnas_ray.core.events import Listener, TrialEnded, TrialStarted
from gnas_ray.search import SearchSession


def end_trial(session: SearchSession, number: int, outcome: Outcome, listener: Listener) -> None:
    """Tells the session, and watchers what it made of `outcome`."""
    reward = session.tell(number, outcome)
    verdict = session.ledger.trial(number).outcome or outcome  # stopped on a plateau is finished
    listener(TrialEnded(number, verdict, reward))
    listener(session.progress())


def tell_of_infeasible(session: SearchSession, first: int, listener: Listener) -> None:
    """Tells watchers of the trials from number `first` on that ended without being trained."""
    for record in session.ledger.trials()[first:]:
        if record.outcome is not None and record.outcome.ending is Ending.INFEASIBLE:
            listener(TrialStarted(record.spec, record.proposal.origin))
            listener(TrialEnded(record.number, record.outcome, None))
            listener(session.progress())


def end_what_time_cut_off(session: SearchSession, listener: Listener) -> None:
    """Ends what runs as STOPPED, if the time budget is spent. A trial keeps its place in the ranking."""
    if session.is_out_of_time:
        for number in session.running():
            end_trial(session, number, Outcome(Ending.STOPPED, detail="the time budget was spent"), listener)
