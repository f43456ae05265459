"""How controller, searcher and surrogate together come to a trial."""

from collections import Counter
from types import MappingProxyType

import numpy as np
import pytest

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import Constraint, Ending, Failure, Measurement, Objectives, Outcome, Proposal, RungLadder, TrialSpec
from gnas_ray.search.proposer import Candidate, Proposer
from gnas_ray.search.state import member_key
from gnas_ray.searchers import Judged, Uniform
from gnas_ray.space import Categorical, Conditions, Decision, Float, SearchSpace
from gnas_ray.surrogates import Surrogate
from tests.search.searches import SPACE, open_search, quality, run

STOPPED = Outcome(Ending.STOPPED)
NOTHING = Judged([], np.zeros(0))


class Listener(Surrogate):
    """Finds all candidates alike, and remembers what it was asked."""

    num_candidates = 90

    def __init__(self, space):
        super().__init__(space)
        self.heard = []

    def is_ready(self, num_ended):
        return num_ended >= 3

    def promise(self, candidates, evidence, *, seed):
        self.heard.append((candidates, evidence))
        return np.array([quality_of(candidate) for candidate in candidates])


def quality_of(member):
    return quality(member, member)


def listening(session, kind=Listener):
    """The session with a listener for a surrogate."""
    listener = kind(SPACE)
    session._proposer = Proposer(
        session.controller, session._proposer._searcher, listener, state=session._state, seed=session.plan.seed
    )
    return listener


def test_candidates_are_sampled_mutated_and_random_different_and_never_tried():
    session = open_search(surrogate="none")
    listener = listening(session)
    run(session, num_workers=3)
    tried, origins = set(), Counter()
    for record in session.ledger.trials():
        key = member_key(record.spec.member)
        assert key not in tried
        tried.add(key)
        origins[record.proposal.origin] += 1
    assert {"policy", "mutation", "retune"} <= origins.keys()
    rivals = [record.proposal.num_rivals for record in session.ledger.trials()]
    assert [num for num in rivals if num] == [len(candidates) - 1 for candidates, _ in listener.heard]
    assert not any(rivals[:3]), "tried unseen"
    for candidates, _ in listener.heard:
        keys = [member_key(candidate) for candidate in candidates]
        assert 30 < len(set(keys)) == len(keys) <= 90
        for candidate in candidates:
            architecture = {d.name: candidate[d.name] for d in SPACE.decisions if d.name in candidate}
            hyperparameters = {h.name: candidate[h.name] for h in SPACE.hyperparameters if h.name in candidate}
            assert SPACE.check(architecture, hyperparameters) == []


def test_what_the_policy_proposes_too_keeps_its_probability():
    """Without hyperparameters a mutation is often a member that the policy has just sampled."""
    space = SearchSpace(SPACE.decisions)
    session = open_search(space=space, surrogate="none")
    policy, mutation = session.controller.propose(), "mutation"
    same = Candidate(Proposal(policy.architecture, mutation), {})
    (kept,) = session._proposer._new_ones([Candidate(policy, {}), same])
    assert kept.proposal == policy and policy.log_prob is not None


def test_a_retuned_trial_has_an_architecture_that_was_tried_and_other_hyperparameters():
    records = run(open_search()).ledger.trials()
    retuned = [record for record in records if record.proposal.origin == "retune"]
    assert retuned
    for record in retuned:
        before = [r.spec for r in records[: record.number] if r.spec.architecture == record.spec.architecture]
        assert before
        assert record.spec.hyperparameters not in [spec.hyperparameters for spec in before]
        assert record.proposal.log_prob is None


def test_the_surrogate_hears_what_ended_in_its_order_of_merit_and_what_runs():
    """A trial that was stopped counts as what it would have come to: here .2 more, as the one that went on gained."""
    session = open_search(surrogate="none", rungs=open_search().plan.rungs)
    for _ in range(5):
        session.ask()
    for number, values in (
        (0, (0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)),
        (1, (0.09,)),
        (2, (0.05,)),
        (3, (0.05,)),
    ):
        for epoch, value in enumerate(values, start=1):
            session.observe(number, Measurement(epoch, {"ndcg@20": value}))
        session.tell(number, Outcome(Ending.STOPPED))
    listener = listening(session)
    session.ask()
    ((_, evidence),) = listener.heard
    assert [member_key(member) for member in evidence.ended] == [key_of(session, number) for number in range(4)]
    assert [member_key(member) for member in evidence.running] == [key_of(session, 4)]
    values = evidence.values
    assert values[0] > values[1] > values[2] == values[3]


def key_of(session, number):
    return member_key(session.ledger.trial(number).spec.member)


def test_the_controller_hears_an_architecture_s_best_trial():
    session = open_search(surrogate="none", space=ONE_ARCHITECTURE)
    rewards = []
    session.controller.learn = lambda rollout, known: rewards.append(known.rewards.tolist())
    for number, value in enumerate((0.2, 0.9, 0.1, 0.4, 0.3)):
        session.ask()
        session.observe(number, Measurement(1, {"ndcg@20": value}))
        session.tell(number, Outcome(Ending.STOPPED))
    assert len(rewards) == 1 and len(set(rewards[0])) == 1
    assert rewards[0][0] == max(session._state.rate(number) for number in range(5))


FEW_MEMBERS = SearchSpace(
    (Decision("operator", ("gcn", "gat", "gin")), Decision("num_layers", (1, 2))),
    (
        Categorical("heads", (1, 2, 4), Conditions.of({"operator": ["gat"]})),
        Categorical("optimizer", ("adam",)),
        Float("learning_rate", 0.01, 0.01),
    ),
)  # gcn and gin 2 each, gat 2 * 3


@pytest.mark.parametrize("surrogate", ["none", "gp"])
@pytest.mark.parametrize("controller", CONTROLLERS)
def test_no_member_comes_twice_and_a_small_space_is_tried_to_its_end(controller, surrogate):
    session = open_search(controller=controller, surrogate=surrogate, space=FEW_MEMBERS)
    tried = [member_key(record.spec.member) for record in run(session).ledger.trials()]
    assert len(set(tried)) == len(tried) == 10
    assert session.is_over


def turned_round(architecture):
    return [{**architecture, "left": architecture["right"], "right": architecture["left"]}]


BRANCHES = SearchSpace(
    (
        *(Decision(side, ("relu", "tanh", "elu")) for side in ("left", "right")),
        Decision("operator", ("gcn",)),
        Decision("num_layers", (1,)),
    ),
    (Categorical("learning_rate", (0.001, 0.01, 0.1)),),
    isomorphism=turned_round,
)  # 6 networks of 9 architectures, 3 learning rates each


@pytest.mark.parametrize("surrogate", ["none", "gp"])
def test_no_network_comes_twice_with_the_same_hyperparameters(surrogate):
    session = open_search(surrogate=surrogate, space=BRANCHES)
    members = [record.spec.member for record in run(session).ledger.trials()]
    tried = {(*sorted((member["left"], member["right"])), member["learning_rate"]) for member in members}
    assert len(tried) == len(members) == 18
    assert session.is_over


def test_mutations_start_from_any_member_that_is_the_same_network():
    session = open_search(surrogate="none", space=BRANCHES)
    listening(session)
    parent = TrialSpec(
        0, {"left": "relu", "right": "tanh", "operator": "gcn", "num_layers": 1}, {"learning_rate": 0.1}, 0
    )
    candidates = list(session._proposer._candidates(1, [parent], NOTHING))
    mutated = [c.proposal.architecture for c in candidates if c.proposal.origin == "mutation"]
    assert {"left": "elu", "right": "relu", "operator": "gcn", "num_layers": 1} in mutated
    retuned = [c.proposal.architecture for c in candidates if c.proposal.origin == "retune"]
    assert {tuple(architecture.values())[:2] for architecture in retuned} == {("relu", "tanh"), ("tanh", "relu")}


ONE_ARCHITECTURE = SearchSpace((Decision("operator", ("gcn",)),), (Categorical("batch_size", tuple(range(9))),))


def test_without_a_surrogate_no_architecture_comes_twice_before_all_have_come():
    for name in CONTROLLERS:
        records = run(open_search(controller=name, surrogate="none")).ledger.trials()
        assert len({SPACE.key(record.spec.architecture) for record in records}) == len(records)


def measured(session, values):
    for number, value in enumerate(values):
        session.ask()
        session.observe(number, Measurement(1, {"ndcg@20": value}))
        session.tell(number, STOPPED)


class Hearing(Uniform):
    """Remembers what it was told."""

    heard = None

    def propose(self, architecture, judged, *, seed, fixed=MappingProxyType({})):
        self.heard = judged
        return super().propose(architecture, judged, seed=seed, fixed=fixed)


def told_searcher(session):
    """A searcher that hears from now on."""
    session._proposer._searcher = Hearing(SPACE, ledger=session.ledger)
    return session._proposer._searcher


def ranks(searcher):
    return dict(zip(searcher.heard.numbers, searcher.heard.ranks.tolist(), strict=True))


@pytest.mark.parametrize("surrogate", ["none", "gp"])
def test_the_searcher_hears_the_surrogates_order_and_below_it_what_failed(surrogate):
    """Of eight trials one still runs from its first rung on, one was lost and one has not measured yet."""
    session = open_search(surrogate=surrogate)
    searcher = told_searcher(session)
    for _ in range(8):
        session.ask()
    session.tell(2, Outcome(Ending.FAILED, Failure.EXCEPTION))
    session.tell(3, Outcome(Ending.FAILED, Failure.WORKER_LOST))
    for number, value in ((1, 0.25), (6, 0.01), (7, 0.02)):
        session.observe(number, Measurement(1, {"ndcg@20": value}))
        session.tell(number, STOPPED)
    for epoch, value in enumerate((0.1, *[0.3] * 8), start=1):
        session.observe(0, Measurement(epoch, {"ndcg@20": value}))
    session.tell(0, Outcome(Ending.FINISHED))
    session.observe(4, Measurement(1, {"ndcg@20": 0.05}))
    picked_among = session.ledger.trial(session.ask().number).proposal.num_rivals
    assert (picked_among > 0) == (surrogate == "gp")
    assert searcher.heard.numbers == [2, 1, 6, 7, 0, 4], "in the order in which they came to be known"
    expected = {2: -1, 6: 0, 7: 1, 4: 2, 0: 3, 1: 4}
    assert ranks(searcher) == expected, "who was stopped would have gained as much as the one that went on"


def test_the_searcher_hears_that_what_breaks_a_bound_is_worse_than_what_keeps_it():
    """Whatever it measured; below it what would have broken a limit, and then what failed."""
    session = open_search(
        surrogate="none", objectives=Objectives("ndcg@20", constraints=(Constraint("latency_ms", 5.0, is_upper=True),))
    )
    searcher = told_searcher(session)
    for _ in range(4):
        session.ask()
    session.tell(3, Outcome(Ending.FAILED, Failure.NAN))
    session.tell(2, Outcome(Ending.INFEASIBLE, violation=1.0))
    for number, value, latency in ((0, 0.1, 4.0), (1, 0.9, 6.0)):
        session.observe(number, Measurement(1, {"ndcg@20": value, "latency_ms": latency}))
        session.tell(number, STOPPED)
    session.ask()
    heard = ranks(searcher)
    assert sorted(heard, key=heard.get) == [3, 2, 1, 0]


def test_the_surrogate_hears_the_median_epoch_up_to_the_first_rung():
    session = open_search(surrogate="none", rungs=RungLadder(2, 3, 6))
    for _ in range(3):
        session.ask()
    for number, seconds in enumerate(((9.0, 1.0, 50.0), (3.0, 4.0), (None, None))):
        for epoch, second in enumerate(seconds, start=1):
            cost = {} if second is None else {"epoch_seconds": second}
            session.observe(number, Measurement(epoch, {"ndcg@20": 0.1, **cost}))
        session.tell(number, STOPPED)
    listener = listening(session)
    session.ask()
    ((_, evidence),) = listener.heard
    np.testing.assert_array_equal(evidence.epoch_seconds, [5.0, 3.5, np.nan])


def test_the_surrogate_hears_by_how_much_the_best_measurement_keeps_each_constraint():
    bounds = (Constraint("latency_ms", 5.0, is_upper=True), Constraint("coverage@20", 0.3, is_upper=False))
    session = open_search(surrogate="none", objectives=Objectives("ndcg@20", constraints=bounds))
    for _ in range(3):
        session.ask()
    for number in range(3):
        for epoch, (ndcg, latency) in enumerate(((0.5, 4.0), (0.4, 2.0)), start=1):
            metrics = {"ndcg@20": ndcg, "latency_ms": latency, "coverage@20": 0.4}
            session.observe(number, Measurement(epoch, metrics))
        session.tell(number, STOPPED)
    listener = listening(session)
    session.ask()
    ((_, evidence),) = listener.heard
    assert evidence.margins == pytest.approx(np.array([[1 / 5, 1 / 3]] * 3)), "in shares of the bounds"


def test_the_surrogate_hears_of_what_was_refused_and_not_as_of_bad_quality():
    def check(spec):
        too_much = spec.architecture["num_layers"] - 2
        return Outcome(Ending.INFEASIBLE, detail="deep", violation=float(too_much)) if too_much > 0 else None

    session = open_search(surrogate="none", check=check)
    for spec in [session.ask() for _ in range(8)]:
        session.observe(spec.number, Measurement(1, {"ndcg@20": 0.1 * spec.number}))
        session.tell(spec.number, STOPPED)
    records = session.ledger.trials()
    listener = listening(session)
    session.ask()
    evidence = listener.heard[0][1]
    refused = [record.outcome.ending is Ending.INFEASIBLE for record in records]
    assert any(refused)
    (limit,) = evidence.hindrances
    assert limit.name == "limit" and list(limit.members) == [record.spec.member for record in records]
    assert limit.amounts.tolist() == [float(is_refused) for is_refused in refused]
    trained = [record.spec.member for record, is_refused in zip(records, refused, strict=True) if not is_refused]
    assert list(evidence.ended) == trained and len(evidence.values) == len(trained)


def test_the_surrogate_hears_of_what_failed_unless_only_its_worker_was_lost():
    session = open_search(surrogate="none")
    specs = [session.ask() for _ in range(6)]
    endings = [Failure.NAN, Failure.WORKER_LOST, None, Failure.OUT_OF_MEMORY, None, None]
    for spec, failure in zip(specs, endings, strict=True):
        if failure is None:
            session.observe(spec.number, Measurement(1, {"ndcg@20": 0.1}))
        session.tell(spec.number, Outcome(Ending.FAILED, failure) if failure else STOPPED)
    listener = listening(session)
    session.ask()
    evidence = listener.heard[0][1]
    (failure,) = evidence.hindrances
    assert failure.name == "failure" and failure.amounts.tolist() == [1.0, 0.0, 1.0, 0.0, 0.0]
    assert list(failure.members) == [spec.member for spec in specs if spec.number != 1]
    assert list(evidence.ended) == [specs[number].member for number in (2, 4, 5)]


def test_of_the_random_candidates_every_other_comes_as_the_space_prefers():
    session = open_search(surrogate="none", space=SPACE.weighted({"operator": {"gin": 1e6}}))
    listening(session)
    drawn = [
        candidate.proposal.architecture["operator"]
        for candidate in session._proposer._candidates(0, [session.ask()], NOTHING)
        if candidate.proposal.origin == "uniform"
    ]
    preferred, even = sorted((drawn[::2], drawn[1::2]), key=lambda operators: -operators.count("gin"))
    assert len(drawn) == 41 and set(preferred) == {"gin"} and even.count("gin") < 15


def test_a_tenth_of_the_candidates_is_the_policys_and_a_mutation_changes_one_choice():
    session = open_search(surrogate="none")
    listening(session)
    parent = session.ask()
    candidates = list(session._proposer._candidates(1, [parent], NOTHING))
    origins = Counter(candidate.proposal.origin for candidate in candidates)
    assert origins["policy"] <= 9 and origins["uniform"] == origins["mutation"] + origins["retune"] == 41
    changed = Counter()
    for candidate in candidates:
        if candidate.proposal.origin in {"mutation", "retune"}:
            both = parent.member.keys() & candidate.member.keys()
            differing = [name for name in both if parent.member[name] != candidate.member[name]]
            assert len(differing) <= 1, "what becomes active thereby aside; a number may be rounded to what it was"
            changed.update(differing)
    assert changed.keys() == parent.member.keys()


def test_the_ten_best_are_mutated(monkeypatch):
    session = open_search(surrogate="none")
    measured(session, [0.01 * number for number in range(12)])
    listening(session)
    mutated, candidates = [], session._proposer._candidates

    def noted(number, elite, judged):
        mutated.append([spec.number for spec in elite])
        return candidates(number, elite, judged)

    monkeypatch.setattr(session._proposer, "_candidates", noted)
    session.ask()
    assert mutated == [[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]]
