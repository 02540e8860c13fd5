"""``dnnvis sweep`` as a user, the window and a shell see it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.command_line import ROOT, Say


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """80 pictures of noise with labels."""
    rng = np.random.default_rng(0)
    path = tmp_path / "pictures.npz"
    labels = rng.integers(0, 10, 80)
    np.savez(path, images=rng.integers(0, 256, (80, 28, 28), np.uint8), labels=labels)
    return path


def test_a_table_of_the_units_that_matter_and_the_file(dnnvis: Say, pictures: Path) -> None:
    import dnnvis as package

    said = dnnvis("sweep", "net1-mnist", "--layer", "elu1", "--data", pictures, "--limit", 40)
    assert said.status == 0, said
    arrays = np.load(pictures)
    rows = np.arange(40) * 80 // 40
    net = package.open("net1-mnist")
    effects = package.sweep(net, "elu1", arrays["images"][rows], arrays["labels"][rows])
    first = int(np.argsort(effects, kind="stable")[0])
    assert next(line for line in said.out.splitlines() if "[" in line).split()[:3] == [
        f"elu1[{first}]",
        f"{100 * effects[first]:+.2f}",
        "points",
    ]
    assert "over 40 pictures" in " ".join(said.out.split())
    path = Path(said.out.rpartition("The file: ")[2].replace("\n", ""))
    assert path.is_file()
    assert "kept" in path.parts


def test_json_lines_have_the_sweep_so_far(dnnvis: Say, pictures: Path) -> None:
    words = ("sweep", "net1-mnist", "--layer", "output", "--data", pictures, "--limit", 0)
    said = dnnvis(*words, "--unit", "output[3]", "--json")
    lines = [json.loads(line) for line in said.out.splitlines()]
    counts = [line["sweep"]["pictures"] for line in lines if line.get("sweep")]
    assert counts == sorted(counts)
    assert set(counts) == {32, 64, 80}
    last = lines[-1]
    assert (last["done"], last["total"], last["left"]) == (80, 80, 0)
    assert last["sweep"]["measure"] == "output[3]"
    effects = np.array(last["sweep"]["effects"])
    assert np.abs(np.delete(effects, 3)).max() < 1e-6
    assert effects[3] == pytest.approx(-last["sweep"]["baseline"], abs=1e-5)
    by_mean = dnnvis(*words, "--unit", "output[3]", "--set-to", "mean", "--json")
    mean_effect = json.loads(by_mean.out.splitlines()[-1])["sweep"]["effects"][3]
    assert abs(mean_effect) < abs(effects[3])


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("net1-mnist", "--layer", "output", "--data", "nowhere"), "nowhere"),
        (("net1-mnist", "--layer", "conv9", "--data", "demo"), "conv9"),
        (("net1-mnist", "--layer", "output", "--data", "demo", "--unit", "output[99]"), "99"),
        (("net1-mnist", "--layer", "output", "--data", "demo", "--unit", "what"), "what"),
        (("net1-mnist", "--data", "demo"), "--layer"),
    ],
)
def test_nonsense_ends_in_one_sentence(refuses: Callable[..., str], words: Any, part: str) -> None:
    assert part in refuses("sweep", *words)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.slow
def test_ctrl_c_keeps_what_was_done_and_the_same_command_goes_on(pictures: Path) -> None:
    words = [sys.executable, "-m", "dnnvis", "sweep", "net1-mnist", "--layer", "dense1"]
    words += ["--data", str(pictures), "--limit", "0", "--json"]
    child = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    lines, is_asked = [], False
    for line in child.stdout:
        lines.append(json.loads(line))
        if lines[-1].get("sweep") and not is_asked:
            child.send_signal(signal.SIGINT)
            is_asked = True
    _, errors = child.communicate()
    assert child.returncode == 130
    assert not errors
    last = lines[-1]
    assert last["left"] in (16, 48)
    assert "the same command goes on" in last["words"]
    assert Path(last["file"]).is_file()
    again = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    first, end = (json.loads(again.stdout.splitlines()[k]) for k in (1, -1))
    assert first["sweep"]["pictures"] == 80 - last["left"]
    assert (end["left"], end["sweep"]["pictures"]) == (0, 80)
