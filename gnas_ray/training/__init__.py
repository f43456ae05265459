"""One trial's training.

Question: how good is this architecture with these hyperparameters, and what does it cost? Joins data, models and
metrics for one trial: batches, negatives, losses, optimiser, evaluation, checkpoints; retraining and the bundle that
serving reads. `train` is the whole of it for a search.

May import: core, data, models, metrics, experiment, torch. Not ray: who runs it, and where, is the driver's business.
To add a loss: see `losses`. An optimiser: one line in `optimisers.OPTIMISERS`.
"""
