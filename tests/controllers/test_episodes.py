import math

from gnas_ray.controllers import Episode, Episodes
from gnas_ray.core import Failure, Proposal

GCN, GAT, GIN = (Proposal({"operator": operator}, "uniform") for operator in ("gcn", "gat", "gin"))


def test_an_architecture_counts_once_with_its_last_reward_at_its_first_place():
    history = [Episode(0, GCN, 0.1), Episode(1, GIN, None, Failure.NAN), Episode(2, GAT, 0.5), Episode(3, GCN, 0.9)]
    distinct = Episodes.of(history).distinct()
    assert list(distinct) == [history[3], history[2]]
    assert distinct.rewards.tolist() == [0.9, 0.5]
    assert list(Episodes.of(history[1:2]).distinct()) == list(Episodes.of([]).distinct()) == []


def test_what_failed_is_there_and_not_among_the_rewarded():
    history = [Episode(0, GCN, 0.1), Episode(1, GIN, None, Failure.NAN), Episode(2, GAT, 0.5), Episode(3, GCN, 0.1)]
    episodes = Episodes.of(history)
    assert list(episodes) == history and math.isnan(episodes.rewards[1])
    assert episodes.latest(3) == history[1:]
    assert episodes.rewarded().latest(3) == [history[0], *history[2:]]
    assert episodes.rewarded().latest(9) == [history[0], *history[2:]]


def test_the_best_come_first_and_of_equals_the_earlier_trial():
    history = [Episode(number, GCN, reward) for number, reward in ((4, 0.5), (1, 0.7), (3, 0.5), (0, 0.1), (2, 0.5))]
    best = [[episode.number for episode in Episodes.of(history).best(number)] for number in (1, 3, 9)]
    assert best == [[1], [1, 2, 3], [1, 2, 3, 4, 0]]
