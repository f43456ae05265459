"""Whether the data have what a search space asks of them."""

from collections.abc import Sequence

from gnas_ray.core import Problem, Value
from gnas_ray.data import PreparedData
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.space.conditions import show


def find_unsuited(space: SearchSpace, data: PreparedData) -> list[Problem]:
    """Decisions with options whose trials could only fail on these data, or would learn from texts that are not there.

    Linear channels that read texts are not among them: without a text they are what they would be without reading.
    """
    problems = []
    reading = []
    for decision in space.decisions:
        match decision.name:
            case "edge_weights" if data.train.rating is None and "rating" in decision.options:
                problems.append(
                    Problem("space: edge_weights", f"rating, and the interactions have none; {_no(decision)}")
                )
            case "item_features":
                reading += _shown(decision, [option for option in decision.options if option in ("text", "both")])
            case "text_edges":
                reading += _shown(decision, [option for option in decision.options if option])
    if reading and data.report.items_without_text == data.num_items:
        what = (
            f"{' and '.join(reading)}, and no item has a text; name the item table's columns of text (columns: {{text: "
        )
        problems.append(Problem("space", f"{what}[COLUMN, ...]}}), or search a space without these options"))
    return problems


def _no(decision: Decision) -> str:
    """What to do about ratings that are not there."""
    rest = ", ".join(show(option) for option in decision.options if option != "rating")
    key = "space.decisions.edge_weights" + (".options" if decision.when.names else "")
    without = f", or leave it out: --set '{key}=[{rest}]'" if rest else ""
    return f"name their column (columns: {{rating: COLUMN}}){without}"


def _shown(decision: Decision, options: Sequence[Value]) -> list[str]:
    return [f"{decision.name}: {', '.join(map(show, options))}"] if options else []
