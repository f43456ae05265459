"""The winner's diagram says what the architecture says."""

import xml.etree.ElementTree as ET

from gnas_ray.core.trial import Value
from gnas_ray.records.report.winner_diagram import not_drawn, winner_drawing, winner_svg

BOTH: dict[str, Value] = {
    "item_features": "both",
    "text_encoder": "all-MiniLM-L6-v2",
    "text_projection": "mlp",
    "fusion": "gate",
    "num_layers": 2,
    "layer.0.operator": "lightgcn",
    "layer.0.activation": "none",
    "layer.0.residual": False,
    "layer.1.operator": "gat",
    "layer.1.activation": "relu",
    "layer.1.residual": True,
    "readout": "mean",
    "neighbour_cap": 20,
    "text_edges": 10,
    "edge_weights": "rating",
    "loss": "full_softmax",
}


def path(architecture: dict[str, Value], start: str) -> list[str]:
    """The way from `start` to the end of the diagram."""
    arrows = dict(winner_drawing({**architecture, "readout": "last"}, {}).arrows)
    way = [start]
    while way[-1] in arrows:
        way.append(arrows[way[-1]])
    return way


def test_text_and_ids_meet_in_the_fusion_and_pass_every_layer() -> None:
    rest = ["fusion", "layer 1", "layer 2", "readout", "scores"]
    assert path(BOTH, "text") == ["text", "encoder", "projection", *rest]
    assert path(BOTH, "ids") == ["ids", "item", *rest]
    assert path(BOTH, "users") == ["users", "user", *rest[1:]]


def test_text_only_has_no_id_embedding() -> None:
    boxes = {box.name for box in winner_drawing({**BOTH, "item_features": "text"}, {}).boxes}
    assert "item" not in boxes
    assert "fusion" not in boxes


def test_only_the_last_layer_is_read_where_the_readout_says_so() -> None:
    def read(readout: str) -> set[str]:
        arrows = winner_drawing({**BOTH, "readout": readout}, {}).arrows
        return {start for start, end in arrows if end == "readout"}

    assert read("last") == {"layer 2"}
    assert read("mean") == {"layer 1", "layer 2"}


def test_no_layers_is_matrix_factorisation() -> None:
    plain: dict[str, Value] = {"item_features": "id", "num_layers": 0, "loss": "bpr"}
    assert path(plain, "ids") == ["ids", "item", "scores"]
    assert path(plain, "users") == ["users", "user", "scores"]


def test_linear_channel_goes_past_the_layers_to_the_scores() -> None:
    assert path({**BOTH, "linear_channel": "ease"}, "channel") == ["channel", "scores"]
    boxes = {box.name: box for box in winner_drawing({**BOTH, "linear_channel": "ease"}, {"channel_weight": 0.2}).boxes}
    assert boxes["channel"].lines == ("ease", "weight 0.2")
    assert "channel" not in {box.name for box in winner_drawing({**BOTH, "linear_channel": "none"}, {}).boxes}


def test_boxes_name_the_options() -> None:
    boxes = {box.name: box for box in winner_drawing(BOTH, {"embedding_size": 64}).boxes}
    assert boxes["layer 1"].title == "lightgcn"
    assert boxes["layer 1"].lines == ()
    assert boxes["layer 2"].lines == ("relu + residual",)
    assert boxes["projection"].lines == ("mlp", "64 numbers")
    assert winner_drawing(BOTH, {}).frames[0].caption == "≤ 20 neighbours, + 10 by text, by rating"


def test_no_box_covers_another() -> None:
    for num_layers in range(5):
        drawing = winner_drawing({**BOTH, "num_layers": num_layers, "linear_channel": "ials"}, {})
        places = [(box.column, box.row) for box in drawing.boxes]
        assert len(set(places)) == len(places)
        assert all(row >= 0 for _, row in places)


def test_the_svg_is_well_formed_whatever_the_options_are_called() -> None:
    odd = {**BOTH, "fusion": "<gate & sum>", "layer.0.operator": 'say "hi"'}
    svg = ET.fromstring(winner_svg(odd, {}))
    texts = [element.text for element in svg.iter("text")]
    assert "<gate & sum>" in texts
    assert "all-MiniLM-L6-v2" in texts


def test_decisions_of_another_space_are_not_lost() -> None:
    assert not_drawn({**BOTH, "augmentation": "edge_dropout"}) == {"augmentation": "edge_dropout"}
