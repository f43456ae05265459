"""Search spaces and a tabulated objective for controllers' tests."""

from gnas_ray.space import Conditions, Decision, Float, SearchSpace


def layered(*, max_layers=3):
    """A repeat: each layer has an operator, and GAT layers have heads."""
    layers = []
    for index in range(max_layers):
        deep_enough = {"num_layers": list(range(index + 1, max_layers + 1))}
        operator = f"layer.{index}.operator"
        layers.append(Decision(operator, ("gcn", "gat", "gin"), Conditions.of(deep_enough)))
        layers.append(Decision(f"layer.{index}.heads", (1, 2, 4), Conditions.of({**deep_enough, operator: "gat"})))
    return SearchSpace(
        (
            Decision("features", ("id", "text", "both")),
            Decision("fusion", ("sum", "gate"), Conditions.of({"features": "both"})),
            Decision("num_layers", tuple(range(max_layers + 1))),
            *layers,
            Decision("residual", (False, True)),
        )
    )


LAYERED = layered()  # (1 + 1 + 2) * (1 + 5 + 25 + 125) * 2 = 1,248 members
TINY = SearchSpace((Decision("operator", ("gcn", "gat", "gin")),))
ONE = SearchSpace((Decision("operator", ("gcn",)),))
NO_DECISIONS = SearchSpace(())
BRANCHES = SearchSpace(
    (Decision("left", ("gcn", "gat", "gin", "none")), Decision("right", ("gcn", "gat", "gin", "none"))),
    isomorphism=lambda branches: [branches, {"left": branches["right"], "right": branches["left"]}],
)  # 16 members, 10 networks
TUNED = SearchSpace(TINY.decisions, (Float("learning_rate", 0.001, 0.1),))
BANDIT = SearchSpace((Decision("arm", ("a", "b", "c")), Decision("irrelevant", tuple(range(200)))))


def quality(architecture):
    """Hand-made, with interactions: depth pays only with text, heads only in the first layer; at most 3.5."""
    value = {"id": 0.5, "text": 0.0, "both": 0.8}[architecture["features"]]
    value += 0.4 if architecture.get("fusion") == "gate" else 0.0
    depth_pays = architecture["features"] != "id"
    value += architecture["num_layers"] * (0.3 if depth_pays else -0.3)
    value += {"gat": 0.6, "gcn": 0.3}.get(architecture.get("layer.0.operator"), 0.0)
    value += 0.5 if architecture.get("layer.0.heads") == 4 else 0.0
    value += 0.3 if architecture.get("layer.2.operator") == "gin" else 0.0
    return value
