"""The last table hides nothing."""

from gnas_ray.records.final import FinalRow, Spread, metrics_apart, metrics_of_all_items, ranked, verdict

EASE = FinalRow("ease", {"ndcg@20": Spread(0.40)})
POPULARITY = FinalRow("popularity", {"ndcg@20": Spread(0.1)})


def winner(value: float) -> FinalRow:
    return FinalRow("trial 7", {"ndcg@20": Spread(value, 0.002)}, trial=7)


def test_a_baseline_that_wins_comes_first_and_is_said_to_win() -> None:
    rows = [winner(0.3), POPULARITY, EASE]
    assert [row.name for row in ranked(rows, "ndcg@20")] == ["ease", "trial 7", "popularity"]
    assert verdict(rows, "ndcg@20") == (
        "The baseline ease beats what the search found (trial 7): "
        "test ndcg@20 0.3000 ± 0.0020 against 0.4000, ratio 0.750. The bundle is of the latter."
    )


def test_a_winner_is_compared_with_the_best_baseline() -> None:
    text = verdict([winner(0.42), POPULARITY, EASE], "ndcg@20")
    assert text == (
        "The search's trial 7 against the best baseline, ease: "
        "test ndcg@20 0.4200 ± 0.0020 against 0.4000, ratio 1.050."
    )


def test_a_baseline_that_has_nothing_makes_no_ratio() -> None:
    nothing = FinalRow("ease", {"ndcg@20": Spread(0.0)})
    expected = "The search's trial 7 against the best baseline, ease: test ndcg@20 0.0000 ± 0.0020 against 0.0000."
    assert verdict([winner(0.0), nothing], "ndcg@20") == expected


def test_nothing_to_compare_nothing_said() -> None:
    assert verdict([EASE], "ndcg@20") == ""
    assert verdict([winner(0.3)], "ndcg@20") == ""


def test_warm_and_cold_are_a_table_of_their_own_where_an_item_is_cold() -> None:
    warm = FinalRow("ease", {"ndcg@20": Spread(0.4), "recall@20": Spread(0.3), "warm.ndcg@20": Spread(0.4)})
    assert metrics_of_all_items([POPULARITY, warm], "ndcg@20") == ("ndcg@20", "recall@20")
    assert metrics_apart([POPULARITY, warm], "ndcg@20") == ()
    cold = FinalRow("trial 7", {"ndcg@20": Spread(0.3), "cold.ndcg@20": Spread(0.1)}, trial=7)
    assert metrics_of_all_items([cold, warm], "ndcg@20") == ("ndcg@20", "recall@20")
    assert metrics_apart([cold, warm], "ndcg@20") == ("ndcg@20", "warm.ndcg@20", "cold.ndcg@20")
