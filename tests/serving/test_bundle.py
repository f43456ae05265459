"""A bundle recommends what its vectors say, under the ids of the data."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from gnas_ray.core import TrialSpec, UsageError
from gnas_ray.data import DataOptions, PreparedData, prepare
from gnas_ray.metrics.top_k import top_k_of_scores
from gnas_ray.serving import Bundle, BundleError, Recommendation
from gnas_ray.serving.bundle import best_items
from gnas_ray.training.bundle import save_bundle
from gnas_ray.training.fitted import FittedRecommender, Refit

NUM_USERS, NUM_ITEMS = 6, 12


def prepared(folder: Path, user: str) -> PreparedData:
    """User u rated the films u to u+9 of twelve (in a circle), each with a title."""
    pairs = [f"{user}{u},{(u + step) % NUM_ITEMS + 100}" for u in range(NUM_USERS) for step in range(10)]
    (folder / "ratings.csv").write_text("\n".join(["user_id,item_id", *pairs]) + "\n")
    titles = [f"{item + 100},Film {item}" for item in range(NUM_ITEMS)]
    (folder / "films.csv").write_text("\n".join(["item_id,text", *titles]) + "\n")
    tables = {"interactions": folder / "ratings.csv", "items": folder / "films.csv"}
    return prepare(DataOptions.model_validate({"dataset": {"name": "files", **tables}}), folder / "home")


def saved(folder: Path, *, user: str = "", scale: int = 1) -> Bundle:
    """User u scores item i with ``(u + 1) * i``: a higher item is better for everybody; worse at a scale of -1."""
    data = prepared(folder, user)
    fitted = FittedRecommender(
        refits=(Refit(TrialSpec(7, {"num_layers": 0}, {"learning_rate": 0.1}, seed=1), epochs=3),),
        fit_on="train+valid",
        data_folder=str(data.folder),
        metrics={"ndcg@20": 0.3},
        user_vectors=np.arange(1, NUM_USERS + 1, dtype=np.float32)[:, None],
        item_vectors=scale * np.arange(NUM_ITEMS, dtype=np.float32)[:, None],
        item_keys=None,
        weights={},
    )
    save_bundle(folder / "bundle", fitted)
    return Bundle.load(folder / "bundle")


def test_the_best_items_come_first_with_id_score_and_text(tmp_path: Path) -> None:
    rows = saved(tmp_path).recommend(2, 3, exclude_seen=False)
    assert rows == (
        Recommendation(111, 33.0, "Film 11"),
        Recommendation(110, 30.0, "Film 10"),
        Recommendation(109, 27.0, "Film 9"),
    )


def test_what_the_user_had_is_left_out(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    items = [row.item_id for row in bundle.recommend(0, NUM_ITEMS)]
    seen = set(bundle.contents.seen[0].indices + 100)
    assert len(seen) == 9  # ten films, one of them held out for the test
    assert items == sorted({*range(100, 112)} - seen, reverse=True)


def test_text_ids_stay_texts(tmp_path: Path) -> None:
    bundle = saved(tmp_path, user="u")
    assert bundle.users.parse("u3") == "u3"
    assert len(bundle.recommend("u3", 2)) == 2


def test_a_number_on_the_command_line_is_an_id_where_ids_are_numbers(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    assert bundle.users.parse("3") == 3
    with pytest.raises(UsageError, match="user ids here are whole numbers, such as 0; got 'anna'"):
        bundle.users.parse("anna")


@pytest.mark.parametrize(("user", "unknown", "hint"), [("", 97, "the nearest is 5"), ("anna", "ana2", "anna2")])
def test_an_unknown_user_is_an_error_with_the_nearest(tmp_path: Path, user: str, unknown: int | str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no user {unknown!r}.*{hint}"):
        saved(tmp_path, user=user).recommend(unknown, 3)


def test_an_id_of_the_wrong_type_is_not_taken_for_another(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="user ids here are whole numbers, such as 0; got '3'"):
        saved(tmp_path).recommend("3", 3)


def test_a_number_beyond_64_bits_is_an_unknown_id(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    with pytest.raises(UsageError, match=f"no user {2**63}; the nearest is 5"):
        bundle.recommend(2**63, 3)
    with pytest.raises(UsageError, match=f"no item -{10**20}; the nearest is 100"):
        bundle.recommend_to_new([-(10**20)], 3)


def test_numpy_s_whole_numbers_are_ids_like_python_s(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    assert bundle.recommend(np.int64(2), 3) == bundle.recommend(2, 3)
    expected = bundle.recommend_to_new([103, 108], 3)
    assert bundle.recommend_to_new([np.int64(103), np.uint8(108)], 3) == expected
    assert bundle.recommend_to_new(np.array([103, 108]), 3) == expected
    with pytest.raises(UsageError, match="no user 97"):
        bundle.recommend(np.int64(97), 3)
    for wrong in (True, np.True_, np.float64(2.0)):
        with pytest.raises(UsageError, match="user ids here are whole numbers"):
            bundle.recommend(wrong, 3)


@pytest.mark.parametrize(
    "name", ["vectors.safetensors", "seen.safetensors", "users.parquet", "items.parquet", "bundle.json"]
)
def test_a_broken_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path).folder / name
    path.write_bytes(b"\x00garbage")
    with pytest.raises(BundleError, match=name):
        Bundle.load(path.parent)
    path.unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(path.parent)


def test_files_of_two_bundles_don_t_make_one(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    shutil.copy(bundle.folder / "items.parquet", bundle.folder / "users.parquet")
    with pytest.raises(BundleError, match="bundle"):
        Bundle.load(bundle.folder)


def test_no_bundle_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such folder; `gnas-ray retrain FOLDER`"):
        Bundle.load(tmp_path / "none")


def test_ties_and_hidden_items_are_ranked_as_in_evaluation() -> None:
    generator = torch.Generator().manual_seed(0)
    for k in (1, 3, 10, 50):
        scores = torch.randint(0, 5, (40,), generator=generator).float()
        scores[::7] = -torch.inf
        expected = top_k_of_scores(scores[None], k)
        kept = expected.items[0][expected.scores[0] > -torch.inf]
        assert best_items(scores.numpy(), k).tolist() == kept.tolist()


def test_a_new_user_gets_the_vector_of_known_users_who_touched_as_much(tmp_path: Path) -> None:
    """Item i's vector is (i,). User u had u to u+9 but one; the line through their means and vectors is hand-made."""
    bundle = saved(tmp_path)
    seen = bundle.contents.seen
    means = np.array([seen[user].indices.mean() for user in range(NUM_USERS)])
    vectors = np.arange(1, NUM_USERS + 1)
    slope, _ = np.polyfit(means, vectors, deg=1)
    rows = bundle.recommend_to_new([103, 108], 3)
    assert [row.item_id for row in rows] == [111, 110, 109]
    # The ridge shortens the slope; which one it is, another test asks.
    shortened = [vectors.mean() + slope / (1 + ridge) * (5.5 - means.mean()) for ridge in (1e-3, 1e-2, 1e-1, 1)]
    assert any(rows[0].score == pytest.approx(11 * vector, rel=1e-4) for vector in shortened)


def test_a_new_user_is_not_shown_what_they_touched_unless_asked(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    touched = [111, 109, 111]
    assert {row.item_id for row in bundle.recommend_to_new(touched, NUM_ITEMS)} == {*range(100, 112)} - {111, 109}
    assert len(bundle.recommend_to_new(touched, NUM_ITEMS, exclude_seen=False)) == NUM_ITEMS


def test_every_unknown_item_of_a_new_user_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 problems") as error:
        saved(tmp_path).recommend_to_new([99, 105, 113], 3)
    assert "no item 99; the nearest is 100" in str(error.value) and "no item 113" in str(error.value)


def test_unknown_items_may_be_skipped(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    expected = bundle.recommend_to_new([103, 108], 3)
    assert bundle.recommend_to_new([99, 103, 113, 108], 3, skip_unknown=True) == expected
    with pytest.raises(UsageError, match="item ids here are whole numbers"):
        bundle.recommend_to_new(["103"], 3, skip_unknown=True)


def test_a_user_of_whom_nothing_is_known_gets_what_suits_users_in_the_mean(tmp_path: Path) -> None:
    """User u scores item i with (u + 1) i, so that 3.5 i is the mean."""
    bundle = saved(tmp_path)
    rows = bundle.recommend_to_new([], 2)
    assert [(row.item_id, row.score) for row in rows] == [(111, pytest.approx(38.5)), (110, pytest.approx(35))]
    assert bundle.recommend_to_new([99], 2, skip_unknown=True) == rows


def test_a_manifest_of_another_shape_or_version_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path).folder
    for written in ("[]", '{"format_version": 1}', '{"format_version": 2, "novelty": 1}'):
        (folder / "bundle.json").write_text(written)
        with pytest.raises(BundleError, match=r"bundle\.json|not a bundle of this version"):
            Bundle.load(folder)


def test_a_bundle_that_can_not_be_put_in_its_place_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved(tmp_path).recommend(2, 3)
    replace = Path.replace

    def refuse_new(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("no space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse_new)
    with pytest.raises(OSError, match="no space"):
        saved(tmp_path)
    assert Bundle.load(tmp_path / "bundle").recommend(2, 3) == before


def ahead(bundle: Bundle, history: list[int], item: int) -> float:
    """By how much the item's score is above the mean item's."""
    scores = {row.item_id: row.score for row in bundle.recommend_to_new(history, NUM_ITEMS, exclude_seen=False)}
    return scores[item] - float(np.mean(list(scores.values())))


def test_a_reason_is_worth_what_the_item_is_ahead_less_without_it(tmp_path: Path) -> None:
    bundle, touched = saved(tmp_path), [102, 107, 110]
    effects = {
        one: ahead(bundle, touched, 111) - ahead(bundle, [other for other in touched if other != one], 111)
        for one in touched
    }
    speak_for_it = sorted((one for one in touched if effects[one] > 0), key=lambda one: -effects[one])
    found = bundle.reasons(111, item_ids=touched)
    assert [reason.item_id for reason in found] == speak_for_it and len(found) == 2
    assert [reason.effect for reason in found] == pytest.approx([effects[one] for one in speak_for_it], rel=1e-3)
    assert found[0].text == "Film 10"
    assert len(bundle.reasons(111, item_ids=touched, count=1)) == 1


def test_reasons_of_a_known_user_are_among_what_they_had(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    had = {int(bundle.contents.item_ids[item].as_py()) for item in bundle.contents.seen[2].indices}
    found = bundle.reasons(111, user_id=2)
    assert found and {reason.item_id for reason in found} <= had
    assert bundle.reasons(111, item_ids=[]) == ()
    (only,) = bundle.reasons(111, item_ids=[110])
    assert only.effect == pytest.approx(ahead(bundle, [110], 111) - ahead(bundle, [], 111), rel=1e-3)
    assert bundle.reasons(111, item_ids=[111]) == (), "no item speaks for itself"
