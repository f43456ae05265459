"""A table with learning curves for tests: one decision, and a curve for each of its options."""

from gnas_ray.core import RungLadder
from gnas_ray.space import Decision, SearchSpace
from search_bench.curves import Curves, Training
from search_bench.tables import Table


class Curved(Table):
    """Each epoch takes a second; an option of `failing` fails two seconds after its curve. `prices` are a cost."""

    def __init__(self, curves, *, rungs, failing=(), prices=None):
        self.trainings = {
            option: Training([(1.0, value) for value in values], 2.0 if option in failing else None)
            for option, values in curves.items()
        }
        whole = {option: max(values) for option, values in curves.items() if option not in failing}
        mean = sum(self.trainings[option].seconds for option in whole) / len(whole)
        space = SearchSpace((Decision("option", tuple(curves)),))
        costs = {"price": prices} if prices else {}
        super().__init__(space, whole, costs, curves=Curves(self.trainings, RungLadder(*rungs), rungs[-1], mean))

    def entry(self, member):
        return member["option"]
