"""What proposes the next architecture.

Question: given what every trial so far has taught, which member of the space is tried next? A controller is pure:
no Ray, no files; so it is studied on tables in milliseconds and restored by replaying its history.

May import: surrogates, space, core; numpy; `optuna_sampler` alone ledger, and optuna.
To add one: a file with a final subclass of `Controller` whose constructor takes ``(space, *, seed, ...)`` and explicit
keyword parameters with defaults (YAML keys bind to them), and its line in `CONTROLLERS`; the conformance tests find it
there.
"""

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.controllers.evolution import Evolution
from gnas_ray.controllers.gp import GP
from gnas_ray.controllers.grid import Grid
from gnas_ray.controllers.optuna_sampler import OptunaSampler
from gnas_ray.controllers.ppo import PPO
from gnas_ray.controllers.q_learning import QLearning
from gnas_ray.controllers.reinforce import Reinforce
from gnas_ray.controllers.uniform import Uniform
from gnas_ray.core.family import Family

CONTROLLERS: Family[type[Controller]] = Family(
    "controllers",
    {
        "ppo": PPO,
        "reinforce": Reinforce,
        "q_learning": QLearning,
        "evolution": Evolution,
        "gp": GP,
        "optuna": OptunaSampler,
        "grid": Grid,
        "uniform": Uniform,
    },
)

__all__ = [
    "CONTROLLERS",
    "GP",
    "PPO",
    "Controller",
    "Episode",
    "Episodes",
    "Evolution",
    "Grid",
    "OptunaSampler",
    "Probabilities",
    "QLearning",
    "Reinforce",
    "Uniform",
]
