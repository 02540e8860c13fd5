"""``dnnvis dissect`` as a user, the window and a shell see it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers.command_line import ROOT, Say
from helpers.concept_folders import write_classes, write_masks


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


def test_a_table_of_layers_beside_the_control_and_where_it_is_kept(dnnvis: Say) -> None:
    said = dnnvis("dissect", "life-2", "--pictures", 40)
    assert said.status == 0, said
    lines = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip()}
    assert lines["cell.conv2"][1] == "20"
    assert lines["layer"][:4] == ["layer", "units", "with", "a"]
    assert lines["output"][1:3] == ["1", "100"]
    text = " ".join(said.out.split())
    assert "Saw 80 pictures with the control in" in text
    assert Path(said.out.rpartition("The library: ")[2].replace("\n", "")).is_file()
    again = dnnvis("dissect", "life-2", "--pictures", 40)
    assert "All asked was known already" in again.out


def test_one_layer_is_a_table_of_concepts(dnnvis: Say) -> None:
    said = dnnvis("dissect", "life-2", "--pictures", 40, "--layer", "cell.conv2", "--no-control")
    assert said.status == 0, said
    assert "concept units control best unit iou" in " ".join(said.out.split())
    assert "cell.conv2[" in said.out
    assert "without a control" in said.out


def test_json_lines_have_progress_then_names_and_counts(dnnvis: Say, tmp_path: Path) -> None:
    folder = write_masks(tmp_path / "m", 30, side=32)
    (folder / "images/05.png").write_bytes(b"")
    Image.new("RGB", (32, 32)).save(folder / "images/plain.png")
    said = dnnvis("dissect", "net2-cifar10", "--concepts", folder, "--layer", "conv1,out", "--json")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [set(line) for line in lines[:-1]] == [{"words", "done", "total", "seconds_left"}] * (
        len(lines) - 1
    )
    last = lines[-1]
    assert last["left"] == 0
    assert [Path(name).name for name in last["unreadable"]] == ["05.png"]
    conv, out = last["layers"]
    assert (conv["measure"], out["measure"]) == ("iou", "auroc")
    assert (conv["units"], conv["pictures"]) == (96, 30)
    assert conv["named"] == len(conv["names"]) == sum(conv["concepts"].values())
    assert conv["control_named"] == sum(conv["control_concepts"].values())
    assert all(score >= 0.04 for _, score in conv["names"].values())
    assert any("has no mask" in note for note in last["notes"])
    assert any("could not be read" in last["words"] for _ in (0,))


def test_classes_are_scored_by_auroc(dnnvis: Say, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "c", {"dark": 8, "bright": 8})
    said = dnnvis("dissect", "net2-cifar10", "--concepts", folder, "--layer", "conv1")
    assert said.status == 0, said
    assert "auroc" in said.out
    assert "The concepts have no masks" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--concepts", "nowhere"), "There is no file or folder"),
        (("--layer", "conv99"), "conv99"),
        (("--layer", ","), "Say which layers"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    dnnvis: Say, arguments: tuple[str, ...], sentence: str
) -> None:
    said = dnnvis("dissect", "net2-cifar10", *arguments)
    assert said.status == 2
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_one_class_is_refused(dnnvis: Say, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "c", {"dark": 8})
    said = dnnvis("dissect", "net2-cifar10", "--concepts", folder)
    assert said.status == 2
    assert "have only the class dark" in " ".join(said.err.split())


def test_ctrl_c_keeps_what_was_done(tmp_path: Path) -> None:
    command = ("dissect", "life-2", "--pictures", "20000", "--no-control", "--json")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "dnnvis", *command],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            record = json.loads(line)
            if record["words"] == "Dissecting" and record["done"] > 100:
                child.send_signal(signal.SIGINT)
                break
        last = json.loads(child.stdout.read().splitlines()[-1])
        assert child.wait() == 130
    assert last["layers"] == []
    assert 0 < last["left"] < 19_900
    assert "the same command goes on" in last["words"]
    (file,) = (tmp_path / "kept/dissections").rglob("*.dissection.safetensors")
    assert file.stat().st_size > 1000


@pytest.mark.slow
def test_two_processes_of_torchrun_give_the_names_of_one(dnnvis: Say, tmp_path: Path) -> None:
    words = ("dissect", "life-2", "--pictures", 120, "--batch", 16, "--json", "--library")
    said = dnnvis(*words, tmp_path / "one.sqlite")
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node", 2, "-m", "dnnvis")
    command = [sys.executable, "-m", *torchrun, *words, tmp_path / "two.sqlite"]
    ended = subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert ended.returncode == 0, ended.stderr
    one, two = (json.loads(text.splitlines()[-1]) for text in (said.out, ended.stdout))
    assert two["layers"] == one["layers"]
    assert (two["done"], two["total"], two["left"]) == (240, 240, 0)
    assert "Saw 240 pictures with the control" in two["words"]
    assert not [file for file in (tmp_path / "kept").rglob("*") if "dissection" in file.name[16:]]
