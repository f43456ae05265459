"""Members that are the same recommender: those, and no others."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from gnas_ray.core import Measurement, Value
from gnas_ray.experiment import load_experiment
from gnas_ray.space import Conditions, Decision, SearchSpace
from gnas_ray.training.isomorphism import recommender_isomorphism
from gnas_ray.training.trial import train
from tests.training.checkerboard import checkerboard_task, trial

LAYERS = (
    Decision("num_layers", (0, 1, 2)),
    Decision("layer.0.operator", ("none", "gat", "gcn"), Conditions.of({"num_layers": [1, 2]})),
    Decision("layer.1.operator", ("none", "gat", "gcn"), Conditions.of({"num_layers": 2})),
)
GRAPH = (
    Decision("neighbour_cap", (0, 2), Conditions.of({"num_layers": [1, 2]})),
    Decision("text_edges", (0, 3), Conditions.of({"num_layers": [1, 2]})),
    Decision("edge_weights", ("none", "rating"), Conditions.of({"num_layers": [1, 2]})),
)
SPACE = SearchSpace((*LAYERS, *GRAPH))
RECOMMENDERS = replace(SPACE, isomorphism=recommender_isomorphism(SPACE))
PLAIN_GRAPH: dict[str, Value] = {"neighbour_cap": 0, "text_edges": 0, "edge_weights": "none"}


def of_layers(*operators: str, **graph: Value) -> dict[str, Value]:
    layers: dict[str, Value] = {f"layer.{index}.operator": operator for index, operator in enumerate(operators)}
    return {"num_layers": len(operators), **layers, **(PLAIN_GRAPH | graph if operators else {})}


@pytest.mark.parametrize(
    ("operators", "count"),
    [
        ([], 1),
        (["none"], 8),
        (["none", "none"], 8),
        (["gat"], 2),
        (["none", "gat"], 2),
        (["gcn"], 1),
        (["gat", "gcn"], 1),
    ],
)
def test_what_no_layer_hears_or_weighs_may_be_anything(operators: list[str], count: int) -> None:
    member = of_layers(*operators)
    same = RECOMMENDERS.isomorphs(member)
    assert same[0] == member
    assert len({SPACE.key(other) for other in same}) == len(same) == count
    assert all(SPACE.check(other) == [] for other in same)


def test_members_of_the_shipped_space_have_isomorphs_that_agree_on_each_other() -> None:
    plain = load_experiment("search_spaces/movielens-100k.yaml", ["space=recsys.yaml", "prior=[]"]).search_space
    space = replace(plain, isomorphism=recommender_isomorphism(plain))
    generator = random.Random(0)
    members = [space.sample_architecture(generator) for _ in range(500)]
    several = [member for member in members if len(space.isomorphs(member)) > 1]
    assert 10 < len(several) < 100
    for member in several:
        same = {space.key(other) for other in space.isomorphs(member)}
        assert all({space.key(other) for other in space.isomorphs(one)} == same for one in space.isomorphs(member))


@pytest.mark.parametrize(
    "decisions",
    [(LAYERS[0], *GRAPH), (LAYERS[0], Decision("layer.0.operator", ("gcn", "gin")), *GRAPH), LAYERS],
    ids=["no operators", "all weigh", "one graph"],
)
def test_where_no_two_are_the_same_there_is_no_isomorphism(decisions: tuple[Decision, ...]) -> None:
    assert recommender_isomorphism(SearchSpace(decisions)) is None


def test_what_others_depend_on_is_left_alone() -> None:
    asking = SearchSpace((*LAYERS, *GRAPH, Decision("loss", ("bpr", "simplex"), Conditions.of({"text_edges": 3}))))
    same = replace(asking, isomorphism=recommender_isomorphism(asking)).isomorphs(of_layers("none"))
    assert len(same) == 4 and {member["text_edges"] for member in same} == {0}


def measured(architecture: dict[str, Value], folder: Path) -> list[tuple[int, dict[str, float]]]:
    def without_costs(measurement: Measurement) -> tuple[int, dict[str, float]]:
        return measurement.fidelity, {name: measurement.metrics[name] for name in ("hit_rate@1", "ndcg@5", "loss")}

    return [without_costs(measurement) for measurement in train(trial(architecture), checkerboard_task(folder))]


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        (of_layers("none"), {"neighbour_cap": 2}),
        (of_layers("none", "none"), {"text_edges": 3, "edge_weights": "rating"}),
        (of_layers("gat"), {"edge_weights": "rating"}),
        ({**of_layers("gat", "none"), "augmentation": "edge_dropout"}, {"edge_weights": "rating"}),
    ],
)
def test_they_train_to_the_same_numbers(
    architecture: dict[str, Value], changes: dict[str, Value], tmp_path: Path
) -> None:
    assert measured({**architecture, **changes}, tmp_path) == measured(architecture, tmp_path)


@pytest.mark.parametrize(
    ("operators", "changes"),
    [(["gcn"], {"edge_weights": "rating"}), (["gat"], {"neighbour_cap": 2}), (["none", "gat"], {"text_edges": 3})],
)
def test_others_do_not(operators: list[str], changes: dict[str, Value], tmp_path: Path) -> None:
    assert measured(of_layers(*operators, **changes), tmp_path) != measured(of_layers(*operators), tmp_path)
