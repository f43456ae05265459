"""Searches over tables: what is counted as regret, and that numbers depend on the seed alone."""

import dataclasses
import random
import statistics

import pytest

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import TrialSpec, derive_seed
from gnas_ray.space import Decision, SearchSpace
from search_bench.knowledge import bad_prior, good_prior
from search_bench.measures import hypervolume, regret
from search_bench.references import REFERENCES
from search_bench.references.optuna_study import OptunaStudy
from search_bench.runs import Run, check_run, flat, searched, trainer
from search_bench.tables import Table, load_table

CORA = "nas-bench-graph:cora"
PROTEIN = "fcnet:protein_structure"


class Options(Table):
    """One decision with these `options`; 1 can't be trained, and 4 is the worst."""

    def __init__(self, *options):
        values = {0: 0.6, 2: 0.8, 3: 1.0, 4: 0.5}  # the median is .7
        super().__init__(SearchSpace((Decision("option", options),)), values)

    def entry(self, member):
        return member["option"]


class Priced(Options):
    """The same, each with a cost; the medians are .7 and 10."""

    def __init__(self, *options):
        super().__init__(*options)
        costs = {"price": {0: 10.0, 2: 1.0, 3: 10.0, 4: 100.0}}
        Table.__init__(self, self.space, self._values, costs)


def make_run(searcher="uniform", *, table="toy", seed=0, num_trials=40, num_workers=1, overrides=None):
    return Run(searcher, table, seed, num_trials, num_workers, overrides or {})


def course(run, table):
    """The regret after each trial."""
    (points,) = regret(run, table).values()
    assert [spent for spent, _ in points] == [*range(1, len(points) + 1)]
    return [value for _, value in points]


def regrets(run):
    return course(run, load_table(run.table))


def test_regret_is_that_of_the_best_member_so_far():
    assert course(make_run(), Options(0)) == [pytest.approx(0.4 / 0.3)]
    assert course(make_run(), Options(3)) == [0]
    after_each = course(make_run(), Options(0, 2))
    assert after_each in ([pytest.approx(4 / 3), pytest.approx(2 / 3)], [pytest.approx(2 / 3)] * 2)


def test_a_failed_trial_is_spent_and_teaches_nothing_about_quality():
    assert course(make_run(), Options(1)) == [pytest.approx(0.5 / 0.3)]  # the worst in the table, .5


@pytest.mark.parametrize(
    "searcher",
    ["ours", "ours/transfer", "ppo/good_prior", *CONTROLLERS, "ppo+uniform", "uniform+uniform+gp", *REFERENCES],
)
@pytest.mark.parametrize(("table", "num_workers"), [(CORA, 1), (PROTEIN, 4)])
def test_the_same_seed_gives_the_same_numbers(searcher, table, num_workers):
    first, again, other = (
        regrets(make_run(searcher, table=table, seed=seed, num_trials=25, num_workers=num_workers))
        for seed in (1, 1, 2)
    )
    assert first == again != other
    assert len(first) == 25
    assert first == sorted(first, reverse=True) and first[-1] >= 0


def test_members_take_their_own_time_and_end_out_of_order():
    table = load_table(CORA)
    member = {"wiring": "0011", **{f"operation.{i}": "gcn" for i in range(4)}}
    seconds = [next(trainer(table)(TrialSpec(number, member, {}, seed=number))).seconds for number in (0, 7)]
    assert seconds[0] == seconds[1]
    one, eight = (regrets(make_run(table=CORA, num_trials=40, num_workers=workers)) for workers in (1, 8))
    assert one != eight  # the same forty members, in another order
    assert one[-1] == eight[-1]


def test_parameters_reach_the_controller():
    run = make_run("evolution", table=CORA)
    changed = make_run("evolution", table=CORA, overrides={"controller": {"population_size": 5, "tournament_size": 5}})
    assert regrets(run) != regrets(changed)
    with pytest.raises(TypeError, match="no_such_key"):
        regrets(make_run("ppo", table=CORA, overrides={"controller": {"no_such_key": 1}}))


@pytest.mark.parametrize("searcher", REFERENCES)
def test_what_others_repeat_is_tried_again(searcher):
    """A library is told of what it proposed, and not of something else in its place."""
    table = Options(0, 2, 3)
    session = searched(make_run(searcher, num_trials=12), table)
    assert len(session.ledger.trials()) == 12
    reference = session._proposer._searcher
    if isinstance(reference, OptunaStudy):
        told = [(trial.params, trial.value) for trial in reference.study.trials[:11]]  # the last is not told
        assert told == [
            (record.spec.hyperparameters, record.value(session.ledger.objectives))
            for record in session.ledger.trials()[:11]
        ]


def test_the_flat_space_has_every_choice_as_a_hyperparameter():
    space = load_table(PROTEIN).space
    assert [h.name for h in flat(space).hyperparameters] == [c.name for c in (*space.decisions, *space.hyperparameters)]
    assert flat(space).decisions == ()


def test_a_good_prior_prefers_the_best_tenth_and_a_bad_one_the_worst():
    """Of members drawn by weight, before anything is learned."""
    table = load_table(CORA)

    def median(knowledge):
        generator = random.Random(0)
        drawn = [knowledge.space.sample_architecture(generator) for _ in range(2000)]
        return statistics.median(table.regret(value) for m in drawn if (value := table.value(m)) is not None)

    good, bad = median(good_prior(table)), median(bad_prior(table))
    assert good < 0.9
    assert bad > 1.2


def test_what_was_found_on_another_table_is_tried_first():
    run = make_run("ours/transfer", table=PROTEIN, num_trials=8)
    earlier = make_run("ours", table="fcnet:slice_localization", seed=derive_seed(0, "earlier"), num_trials=100)
    other = searched(earlier, load_table("fcnet:slice_localization"))
    best = max(other.ledger.trials(), key=lambda record: record.value(other.ledger.objectives)).spec
    first = searched(run, load_table(PROTEIN)).ledger.trials()
    assert first[0].spec.member == best.member
    is_earlier = [record.proposal.origin == "earlier" for record in first]
    assert is_earlier == [True] * 5 + [False] * 3


def test_a_table_without_another_has_nothing_to_transfer():
    with pytest.raises(ValueError, match="no table to learn from before fcnet-timed"):
        check_run(make_run("ours/transfer", table="fcnet-timed:protein_structure"))


def test_with_a_limit_regret_is_that_of_the_best_member_that_keeps_it():
    """Prices are 10, 1, 10 and 100: three of four members cost 10 at most, the best of them has 1, the median .8."""

    def last(*options, searcher="uniform"):
        return course(dataclasses.replace(make_run(searcher), limits=(("price", 0.5),)), Priced(*options))[-1]

    assert Priced(0).limit("price", 0.5).bound == 10.0
    assert last(2) == pytest.approx(1.0)
    assert last(3) == 0.0
    assert last(4) == last(1) == pytest.approx(2.0), "the worst that keeps it stands in: .6"
    with pytest.raises(ValueError, match="the table has no weight; it has price"):
        Priced(0).limit("weight", 0.5)


@pytest.mark.parametrize("searcher", ["ours", "optuna_tpe"])
def test_what_breaks_the_limit_is_looked_for_less_by_who_knows_of_it(searcher):
    run = dataclasses.replace(make_run(searcher, table=CORA, num_trials=60), limits=(("num_parameters", 0.1),))
    table = load_table(CORA)
    bound = table.limit("num_parameters", 0.1)

    def num_kept(limits):
        tried = searched(dataclasses.replace(run, limits=limits), table).ledger.trials()[20:]
        return sum(record.outcome.failure is None and not bound.violation(costs(record)) for record in tried)

    def costs(record):
        return table.costs(record.spec.member)["num_parameters"]

    assert num_kept(run.limits) > num_kept(()) + 8


def test_hypervolume_is_the_share_of_the_table_above_its_medians():
    def share(*options):
        courses = hypervolume(dataclasses.replace(make_run(), minimise=("price",)), Priced(*options))
        return courses["hypervolume"][-1].value

    assert share(2) == share(2, 0, 1) == pytest.approx(1.0), "half of the value's way, and the whole of the price's"
    assert share(3) == share(4) == 0.0, "no cheaper than the median"
    with pytest.raises(ValueError, match="the table has no weight; it has price"):
        hypervolume(dataclasses.replace(make_run(), minimise=("weight",)), Priced(2))
