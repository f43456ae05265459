import itertools

from hypothesis import given

from gnas_ray.space import Conditions, Decision, Float
from gnas_ray.space.counting import unreachable
from tests.space.strategies import spaces


def all_active(choices):
    """Names active in some member, by making every member there is; numbers are not told apart."""
    active, members = set(), [{}]
    for choice in choices:
        options = getattr(choice, "options", (0,))
        held = [member for member in members if choice.when.hold(member)]
        others = [member for member in members if not choice.when.hold(member)]
        active |= {choice.name} if held else set()
        members = others + [{**member, choice.name: option} for member in held for option in options]
    return active


@given(spaces())
def test_unreachable_choices_are_active_in_no_member(space):
    choices = (*space.decisions, *space.hyperparameters)
    assert unreachable(choices) == {choice.name for choice in choices} - all_active(choices)


def test_reachability_costs_what_one_choice_asks_about_and_not_what_all_do():
    decisions = [Decision(f"layer.{i}.operator", ("gcn", "gat", "gin", "sage")) for i in range(40)]
    heads = [Float(f"heads.{i}", 0, 1, when=Conditions.of({d.name: ["gat"]})) for i, d in enumerate(decisions)]
    pairs = itertools.pairwise(decisions)
    both = [Float(f"both.{a.name}", 0, 1, when=Conditions.of({a.name: ["gat"], b.name: ["gin"]})) for a, b in pairs]
    assert not unreachable((*decisions, *heads, *both))  # all at once there are 4**40 states
