"""gnas_ray: architecture and hyperparameter search for recommenders, on Ray."""

__version__ = "0.1.0"
