import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis as package

Say = Callable[..., Any]


def idx(values: np.ndarray) -> bytes:
    sizes = b"".join(int(n).to_bytes(4, "big") for n in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for stem, count in (("train", 512), ("t10k", 64)):
        images = random.integers(0, 256, (count, 28, 28))
        (tmp_path / f"{stem}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(idx(np.arange(count) % 10))
    return tmp_path


def test_train_net1_makes_a_network_that_opens(dnnvis: Say, digits: Path, tmp_path: Path) -> None:
    words = ("train", "net1", "--data", digits, "--work", tmp_path / "run", "--out", tmp_path / "m")
    said = dnnvis(*words, "--json", "--live")
    assert said.status == 0, said.err
    rows = [json.loads(line) for line in said.out.splitlines()]
    scored = [row for row in rows if row["step"] % 2 == 0]
    assert [row["step"] for row in scored] == [2 * k for k in range(1, 16)]
    assert {"step", "steps", "loss", "accuracy", "seconds"} == set(rows[-1]) - {"weights_file"}
    assert rows[0]["weights_file"] == str(tmp_path / "run" / "live.safetensors")
    assert (rows[0]["step"], rows[0]["accuracy"]) == (1, None)
    network = package.open(str(tmp_path / "m" / "net1-mnist.safetensors"))
    assert network.card.about["test_accuracy"] == round(rows[-1]["accuracy"], 4)
    again = dnnvis(*words, "--json")  # nothing is left to do
    assert again.status == 0
    assert not again.out
    other = dnnvis(*words, "--seed", 1)
    assert other.status == 2
    assert "--restart" in other.err


def test_a_network_goes_into_the_data_folder_and_not_into_the_package(
    dnnvis: Say, digits: Path, tmp_path: Path, own_data_folder: Path
) -> None:
    shipped = package.open("net1-mnist").fingerprint
    said = dnnvis("train", "net1", "--data", digits, "--work", tmp_path / "run", "--json")
    assert said.status == 0, said.err
    trained = package.open(str(own_data_folder / "networks" / "net1-mnist.safetensors"))
    assert trained.fingerprint != shipped
    assert package.open("net1-mnist").fingerprint == shipped


def test_restart_is_refused_while_a_run_is_at_work(
    dnnvis: Say, refuses: Callable[..., str], digits: Path, tmp_path: Path
) -> None:
    from dnnvis.core.run_lock import run_lock

    work = tmp_path / "run"
    words = ("train", "net1", "--data", digits, "--work", work, "--out", tmp_path / "m")
    assert dnnvis(*words, "--json").status == 0
    (work / "stage").mkdir()
    with run_lock(work):
        sentence = refuses(*words, "--restart")
        assert "Another run is at work" in sentence
        assert f"process {os.getpid()}" in sentence
        assert (work / "progress.pt").is_file()
        assert (work / "stage").is_dir()
    anew = dnnvis(*words, "--seed", 1, "--restart", "--json")
    assert anew.status == 0, anew.err
    assert not (work / "stage").exists(), anew.err


def test_without_data_a_sentence_says_so(
    refuses: Callable[..., str], digits: Path, tmp_path: Path
) -> None:
    for name in ("net1", "net2"):
        sentence = refuses("train", name, "--data", tmp_path / "nowhere", "--work", tmp_path / "w")
        assert "nowhere" in sentence
    (digits / "train-images-idx3-ubyte").write_bytes(b"short")
    assert "idx" in refuses("train", "net1", "--data", digits, "--work", tmp_path / "w")


def test_net2_wants_ten_classes_and_the_same_for_the_test(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    from PIL import Image

    for part, names in (("train", ("cat", "dog")), ("test", ("cat",))):
        for name in names:
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("RGB", (32, 32)).save(tmp_path / part / name / "1.png")
    sentence = refuses("train", "net2", "--data", tmp_path, "--work", tmp_path / "w")
    assert "2 classes to train and 1 to test" in sentence
