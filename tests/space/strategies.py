"""Small random spaces, with conditions on anything earlier, for property tests."""

from hypothesis import strategies as st

from gnas_ray.space import Categorical, Conditions, Decision, Float, Integer, SearchSpace

OPTIONS = [("a", "b", "c"), (False, True), (0, 1, 2), (0.5, 1.5), ("only",)]


@st.composite
def conditions(draw, earlier):
    asked = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
    return Conditions.of({c.name: draw(st.lists(st.sampled_from(c.options), min_size=1, unique=True)) for c in asked})


@st.composite
def spaces(draw):
    decisions = []
    for index in range(draw(st.integers(1, 5))):
        options = draw(st.sampled_from(OPTIONS))
        decisions.append(Decision(f"d{index}", options, draw(conditions(decisions))))
    categorical = Categorical("kind", ("x", "y"), draw(conditions(decisions)))
    askable = [*decisions, categorical]
    return SearchSpace(
        tuple(decisions),
        (
            categorical,
            Float("rate", 1e-4, 1e-1, log=True, when=draw(conditions(askable))),
            Float("share", 0.0, 0.5, when=draw(conditions(askable))),
            Integer("width", 8, 64, step=8, when=draw(conditions(askable))),
            Integer("count", 1, 100, log=True, when=draw(conditions(askable))),
        ),
    )
