"""The set of members that a search may try.

Question: what may be searched? Decisions make an architecture, hyperparameters how it is trained; conditions say
when each is asked, repeats ask the same decisions for every layer. `SearchSpace` samples, checks, counts and
identifies members.

May import: core; pydantic for the YAML's form.
To add a kind of hyperparameter: a `Choice` in choices.py with its options in options.py.
"""

from gnas_ray.space.building import build_space, find_mistakes
from gnas_ray.space.choices import Categorical, Choice, Decision, Float, Hyperparameter, Integer, OptionChoice
from gnas_ray.space.conditions import Conditions
from gnas_ray.space.mistakes import Mistake
from gnas_ray.space.options import SearchSpaceOptions
from gnas_ray.space.search_space import Isomorphism, SearchSpace
from gnas_ray.space.table import SpaceRow, space_rows

__all__ = [
    "Categorical",
    "Choice",
    "Conditions",
    "Decision",
    "Float",
    "Hyperparameter",
    "Integer",
    "Isomorphism",
    "Mistake",
    "OptionChoice",
    "SearchSpace",
    "SearchSpaceOptions",
    "SpaceRow",
    "build_space",
    "find_mistakes",
    "space_rows",
]
