from gnas_ray.controllers import Episode
from gnas_ray.controllers.episodes import distinct
from gnas_ray.core import Failure, Proposal


def test_an_architecture_counts_once_with_its_last_reward_at_its_first_place():
    gcn, gat, gin = (Proposal({"operator": operator}, "uniform") for operator in ("gcn", "gat", "gin"))
    history = [
        Episode(0, gcn, 0.1),
        Episode(1, gin, None, Failure.NAN),
        Episode(2, gat, 0.5),
        Episode(3, gcn, 0.9),
    ]
    assert distinct(history) == [history[3], history[2]]
