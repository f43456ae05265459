"""Message-passing operators, by the name the `operator` decision gives them.

Question: how does a node's vector change when it hears its neighbours?

May import: `torch`, `torch_geometric`, and from this project `models.graph` and `models.propagation`.
To add one: a file with one `Operator` subclass, one line below; the conformance tests pick it up.
"""

from gnas_ray.core.family import Family
from gnas_ray.models.operators.appnp import APPNP
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.operators.gat import GAT
from gnas_ray.models.operators.gcn import GCN
from gnas_ray.models.operators.gin import GIN
from gnas_ray.models.operators.graphsage import GraphSAGE
from gnas_ray.models.operators.gru import GRU
from gnas_ray.models.operators.identity import Identity
from gnas_ray.models.operators.lightgcn import LightGCN
from gnas_ray.models.operators.ngcf import NGCF

OPERATORS: Family[type[Operator]] = Family(
    "operators",
    {
        "none": Identity,
        "lightgcn": LightGCN,
        "gcn": GCN,
        "graphsage": GraphSAGE,
        "gat": GAT,
        "gin": GIN,
        "gru": GRU,
        "ngcf": NGCF,
        "appnp": APPNP,
    },
)

__all__ = ["OPERATORS", "Operator"]
