"""Which member is tried next."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from gnas_ray.controllers import Controller
from gnas_ray.core import Proposal, TrialSpec, Value, derive_seed
from gnas_ray.search.state import Rated, SearchState, member_key
from gnas_ray.searchers import Judged, Searcher
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array, EarlierTrials, Evidence, Member, Surrogate, has_alternatives, perturb
from gnas_ray.surrogates.comparison import Compared, Comparison
from gnas_ray.surrogates.projection import Projection

_NUM_ELITES = 10
"""Best trials that are mutated."""
_SHARE_OF_POLICY = 0.1
"""Of the candidates. More of them keep the search where it is: they are alike, and promise much."""
_STEP = 0.2
"""Standard deviation of a number's change, as a share of its range."""
_RETUNE = "retune"
"""Origin of a proposal of an architecture that was tried already, with other hyperparameters."""
_NUM_REDRAWS = 50
"""Random hyperparameters for an architecture that is to be tried again, before it is given up."""
_NUM_RANDOM = 1000
"""Random members, all of them tried, after which the space counts as exhausted."""
_NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True)
class Candidate:
    """What might be tried: an architecture, with how it was chosen, and its hyperparameters."""

    proposal: Proposal
    hyperparameters: Mapping[str, Value]

    @property
    def member(self) -> Member:
        """Both in one mapping."""
        return {**self.proposal.architecture, **self.hyperparameters}


class Proposer:
    """Joins controller, searcher and surrogate.

    The controller proposes an architecture, the searcher hyperparameters for it. Once the surrogate is ready, a trial
    has many candidates of three kinds, and the most promising that is likely not to fail is tried:

    - a tenth: new architectures that the controller samples, with the hyperparameters that the searcher proposes for
      the first of them, and random ones in place of those that the first has not;
    - mutations of the best trials: an option or a hyperparameter changed. Where it is a hyperparameter, an
      architecture is tried again (origin ``retune``): the best ones are not judged by one try;
    - as many random members; where the space prefers options, half of them as it does, half not.

    The best trials, and what surrogate and searcher learn from, are by what each would have come to (`Projection`;
    `Comparison` where one value does not say how good a trial is).

    Proposing changes nothing, and is a function of the ledger, the seed and the time that is left.
    """

    def __init__(
        self,
        controller: Controller,
        searcher: Searcher,
        surrogate: Surrogate,
        *,
        state: SearchState,
        seed: int,
        earlier: Sequence[EarlierTrials] = (),
    ) -> None:
        self._controller = controller
        self._searcher = searcher
        self._surrogate = surrogate
        self._state = state
        self._space: SearchSpace = controller.space
        self._draws = (controller.space, controller.space.weighted({}))
        self._seed = seed
        self._earlier = earlier
        self._projection = Projection(controller.space)
        self._comparison = None if state.objectives.is_plain else Comparison(controller.space, state.objectives)
        choices = (*controller.space.decisions, *controller.space.hyperparameters)
        self._changeable = [choice for choice in choices if has_alternatives(choice)]

    def propose(self, number: int, running: Sequence[TrialSpec], *, time_left: float | None) -> Candidate | None:
        """For trial `number`, while others run; never a member that was tried, unless the searcher may repeat itself.

        None when there is no new architecture left, or nothing new among so many random members: it may be that a few
        in a thousand were never tried.

        `time_left` is as in `Evidence`.
        """
        rated = self._state.rated
        if not self._surrogate.is_ready(len(rated)):
            proposal = self._controller.propose()
            return self._new(number, proposal) if proposal else None
        ranks, compared = self._compared(rated)
        elite = [rated[i].spec for i in np.argsort(-ranks, kind="stable")[:_NUM_ELITES]]
        candidates = self._new_ones(self._candidates(number, elite, self._judged(rated, ranks)))
        if not candidates:
            return self._random_new_one(number)
        evidence = Evidence(
            [trial.spec.member for trial in rated],
            ranks,
            [spec.member for spec in running],
            by_objective=compared.ranks if compared else None,
            margins=compared.margins if compared and self._state.objectives.constraints else None,
            earlier=self._earlier,
            hindrances=self._state.hindrances(),
            epoch_seconds=self._state.epoch_seconds(),
            time_left=time_left,
        )
        seed = derive_seed(self._seed, "surrogate", number)
        promise = self._surrogate.promise([candidate.member for candidate in candidates], evidence, seed=seed)
        picked = candidates[int(np.argmax(promise))]
        return Candidate(replace(picked.proposal, num_rivals=len(candidates) - 1), picked.hyperparameters)

    def _compared(self, rated: Sequence[Rated]) -> tuple[Array, Compared | None]:
        """(rated,) places by what each would have come to, and how they compare where one value is not all."""
        specs = [trial.spec for trial in rated]
        if self._comparison is None:
            whole = self._projection(specs, self._state.climbs())
            return np.unique(whole, return_inverse=True)[1].astype(float), None
        compared = self._comparison(specs, self._state.merits())
        return compared.places, compared

    def _judged(self, rated: Sequence[Rated], ranks: Array) -> Judged:
        rank_of = dict(zip((trial.spec.number for trial in rated), ranks.tolist(), strict=True))
        numbers = self._state.judged
        return Judged(list(numbers), np.array([rank_of.get(number, -1.0) for number in numbers]))

    def complete(self, number: int, proposal: Proposal, fixed: Mapping[str, Value] = _NOTHING) -> Candidate:
        """The architecture with the hyperparameters that the searcher proposes beside those that are given."""
        rated = self._state.rated
        judged = self._judged(rated, self._compared(rated)[0] if rated else np.zeros(0))
        return Candidate(proposal, self._searched(number, proposal, judged, fixed))

    def _searched(
        self, number: int, proposal: Proposal, judged: Judged, fixed: Mapping[str, Value] = _NOTHING
    ) -> Mapping[str, Value]:
        seed = derive_seed(self._seed, "hyperparameters", number)
        return self._searcher.propose(proposal.architecture, judged, seed=seed, fixed=fixed)

    def _new(self, number: int, proposal: Proposal) -> Candidate | None:
        """The proposal with hyperparameters with which it was not tried, and which are likely not to make it fail; or
        a random member where none are found.
        """
        candidate = self.complete(number, proposal)
        if self._searcher.may_repeat:
            return candidate
        generator = random.Random(derive_seed(self._seed, "redraw", number))
        for _ in range(_NUM_REDRAWS):
            if self._is_new(candidate) and self._may_be_tried(candidate, generator):
                return candidate
            candidate = Candidate(proposal, self._space.sample_hyperparameters(proposal.architecture, generator))
        return self._random_new_one(number)

    def _may_be_tried(self, candidate: Candidate, generator: random.Random) -> bool:
        """Whether chance lets it, the less often the likelier it is to fail."""
        return not self._controller.avoids_failures or generator.random() < self._state.feasibility.probability(
            candidate.member
        )

    def _random_new_one(self, number: int) -> Candidate | None:
        """The first of so many random members that was not tried."""
        generator = random.Random(derive_seed(self._seed, "random", number))
        for _ in range(_NUM_RANDOM):
            candidate = self._candidate("leftover", *self._completed({}, generator, self._draws[1]))
            if self._is_new(candidate):
                return candidate
        return None

    def _is_new(self, candidate: Candidate) -> bool:
        return not self._state.is_tried(member_key(candidate.member))

    def _candidates(self, number: int, elite: Sequence[TrialSpec], judged: Judged) -> Iterator[Candidate]:
        number_wanted = self._surrogate.num_candidates
        of_policy = max(1, round(_SHARE_OF_POLICY * number_wanted))
        half = -(-(number_wanted - of_policy) // 2)
        generator = random.Random(derive_seed(self._seed, "candidates", number))
        proposed: Mapping[str, Value] | None = None
        for proposal in self._controller.candidates(of_policy):
            if proposed is None:  # the searcher is asked once for all of them, which share what it proposes
                proposed = self._searched(number, proposal, judged)
            own = self._space.complete_hyperparameters(proposal.architecture, proposed, generator)
            yield Candidate(proposal, own)
        for _ in range(half):
            yield self._mutated(generator.choice(elite), generator)
        for index in range(half):
            yield self._candidate("uniform", *self._completed({}, generator, self._draws[index % 2]))

    def _mutated(self, parent: TrialSpec, generator: random.Random) -> Candidate:
        """One choice changed of a member that is the same network, and what becomes active thereby at random."""
        same = self._space.isomorphs(parent.member)
        member = generator.choice(same) if len(same) > 1 else parent.member
        architecture, hyperparameters = parent.architecture, parent.hyperparameters
        if changeable := [choice for choice in self._changeable if choice.name in member]:
            changed = generator.choice(changeable)
            partial = {**member, changed.name: perturb(changed, member[changed.name], generator, step=_STEP)}
            architecture, hyperparameters = self._completed(partial, generator, self._space)
        origin = _RETUNE if architecture.items() <= member.items() else "mutation"
        return self._candidate(origin, architecture, hyperparameters)

    def _completed(
        self, partial: Member, generator: random.Random, space: SearchSpace
    ) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
        """What is missing of a member sampled, what is inactive dropped."""
        architecture = space.complete(partial, generator)
        return architecture, space.complete_hyperparameters(architecture, partial, generator)

    def _candidate(
        self, origin: str, architecture: Mapping[str, Value], hyperparameters: Mapping[str, Value]
    ) -> Candidate:
        proposal = Proposal(architecture, origin, policy_version=self._controller.policy_version)
        return Candidate(proposal, hyperparameters)

    def _new_ones(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Different ones, none of which was tried; of equal ones the first, for the policy's know their probability."""
        by_key: dict[str, Candidate] = {}
        for candidate in candidates:
            by_key.setdefault(member_key(candidate.member), candidate)
        return [candidate for key, candidate in by_key.items() if not self._state.is_tried(key)]
