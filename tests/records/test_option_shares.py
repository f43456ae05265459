"""Option shares follow the controller's proposals through a moving window."""

from gnas_ray.records.option_shares import option_shares, probabilities_over_time
from tests.records.trials import SPACE, STOPPED, add, new_ledger


def test_shares_are_counted_in_the_last_proposals_that_made_the_decision() -> None:
    ledger = new_ledger()
    add(ledger, [0.1], STOPPED, operator="gat", origin="prior")
    for operator in ["gat", "gat", None, "lightgcn"]:
        add(ledger, [0.1], STOPPED, operator=operator)
    by_name = {shares.decision: shares for shares in option_shares(ledger.trials(), SPACE.decisions, window=2)}
    operator_shares = by_name["layer.0.operator"]
    assert operator_shares.options == ("lightgcn", "gat")
    assert operator_shares.numbers == (1, 2, 4)
    assert operator_shares.shares == ((0.0, 1.0), (0.0, 1.0), (0.5, 0.5))
    assert by_name["num_layers"].shares[-1] == (0.5, 0.5)


def test_a_decision_never_made_has_no_history() -> None:
    ledger = new_ledger()
    add(ledger, [0.1], STOPPED, operator=None)
    assert {shares.decision for shares in option_shares(ledger.trials(), SPACE.decisions)} == {"num_layers", "loss"}


def test_the_policy_s_own_probabilities_are_kept_in_the_order_of_the_options() -> None:
    moments = [
        (0, {"num_layers": {0: 0.5, 1: 0.5}, "layer.0.operator": {"gat": 0.5, "lightgcn": 0.5}}),
        (7, {"num_layers": {0: 0.9, 1: 0.1}}),
    ]
    num_layers, operator = probabilities_over_time(moments, SPACE.decisions)
    assert (num_layers.numbers, num_layers.shares) == ((0, 7), ((0.5, 0.5), (0.9, 0.1)))
    assert (operator.options, operator.numbers) == (("lightgcn", "gat"), (0,))
