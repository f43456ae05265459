from gnas_ray.experiment.families import FAMILIES, Parameter, named_mistakes, parameters
from gnas_ray.experiment.sections import NamedOptions
from gnas_ray.space import Mistake


class Climber:
    """A member as the families have them; the first two arguments are the program's to give."""

    def __init__(self, space: object, *, seed: int, step: float = 0.1, rounds: int = 5, greedy: bool = True) -> None:
        self.given = (space, seed, step, rounds, greedy)


class Bare:
    pass


FAMILY = {"climber": Climber, "bare": Bare}


def mistakes(**plain):
    return named_mistakes("controller", NamedOptions.model_validate(plain), FAMILY)


def test_parameters_with_a_default_are_the_users():
    assert parameters(Climber) == {
        "step": Parameter("step", float, 0.1),
        "rounds": Parameter("rounds", int, 5),
        "greedy": Parameter("greedy", bool, True),
    }
    assert parameters(Bare) == {}


def test_known_parameters_of_the_right_type_are_accepted():
    assert mistakes(name="climber", step=1, rounds=3, greedy=False) == []
    assert mistakes(name="bare") == []


def test_unknown_names_and_parameters_get_the_nearest():
    assert mistakes(name="climbr") == [
        Mistake(("controller", "name"), "unknown controller 'climbr'; did you mean 'climber'?")
    ]
    assert mistakes(name="climber", stp=1) == [
        Mistake(("controller", "stp"), "climber has no parameter 'stp'; did you mean 'step'?")
    ]
    assert mistakes(name="bare", step=1) == [Mistake(("controller", "step"), "bare has no parameter 'step'")]


def test_what_the_program_gives_can_not_be_set():
    assert [m.path for m in mistakes(name="climber", seed=3, space="x")] == [
        ("controller", "seed"),
        ("controller", "space"),
    ]


def test_value_of_another_type_is_a_mistake():
    assert [m.what for m in mistakes(name="climber", rounds=2.5, step="big")] == [
        "controller.rounds is 2.5; wanted a valid integer, got a number with a fractional part",
        "controller.step is 'big'; wanted a valid number, unable to parse string as a number",
    ]


def test_value_that_only_reads_as_the_wanted_type_is_a_mistake():
    assert [m.what for m in mistakes(name="climber", rounds=2.0, step="0.5")] == [
        "controller.rounds is 2.0; wanted a valid integer",
        "controller.step is '0.5'; wanted a valid number",
    ]
    assert mistakes(name="climber", rounds=2, step=1) == []


def test_every_family_has_members_whose_parameters_can_be_told():
    for members in FAMILIES.values():
        assert members()
        for member in members().values():
            assert all(parameter.annotation is not None for parameter in parameters(member).values())
