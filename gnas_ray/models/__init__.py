"""From an architecture to a module.

Question: how does an architecture become a recommender? Reads decisions (`options`), builds the graph they ask
for (`graph`, `edges`), and joins the chosen parts: `item_features` (with `projections` and `fusions`), layers of
`operators` and `activations`, a `readouts` member. `channels` score beside it. `encoders` turns texts into vectors,
`baselines` holds models without a search space.

May import: core, torch, torch_geometric, numpy, scipy. Not data: arrays come in, tensors go out.
To add an option of a decision: a class in its family's module and one line in that family's dict; an operator
gets a file of its own, see `operators`.
"""
