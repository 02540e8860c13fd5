"""Weights stay what they were when the file they came from is written over or cut short."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import dnnvis
from dnnvis.core.paths import shipped_folder
from dnnvis.network.checkpoint import read_checkpoint
from dnnvis.network.snapshots import read_snapshots

State = dict[str, Tensor]
SIZE = 200_000  # of a tensor: a file of many pages
CUT = """
import os, sys
from pathlib import Path
import torch
from dnnvis.network.checkpoint import read_checkpoint
from dnnvis.network.snapshots import read_snapshots
file = Path(sys.argv[1])
if "moments" in file.name:
    state = read_snapshots(file, {"w": torch.zeros(%d)}).weights
else:
    state = read_checkpoint(file).state
os.truncate(file, 8)
print("sum", float(state["w"].sum()))
"""
CUT_WHILE_READING = """
import json, os, sys
from pathlib import Path
from dnnvis.core.errors import BadInput
from dnnvis.introspect.map_file import read_map
file, loads = Path(sys.argv[1]), json.loads
def cut_first(text):
    os.truncate(file, 2000)
    return loads(text)
json.loads = cut_first  # the header is read before the numbers or after them
try:
    print("places", len(read_map(file).z))
except BadInput:
    print("a sentence")
"""


def torch_file(state: State, path: Path) -> None:
    torch.save(state, path)


def moments_file(state: State, path: Path) -> None:
    save_file({"w": state["w"][None], "steps": torch.tensor([3]), "accuracy": torch.ones(1)}, path)


KINDS: dict[str, Callable[[State, Path], None]] = {
    "weights.pt": torch_file,
    "weights.safetensors": save_file,
    "weights.moments.safetensors": moments_file,
}


def read(path: Path) -> Tensor:
    if "moments" not in path.name:
        return read_checkpoint(path).state["w"]
    moments = read_snapshots(path, {"w": torch.zeros(SIZE)})
    assert moments is not None
    return moments.weights["w"][0]


def save_over(path: Path, fresh: Path) -> None:
    """In place, as ``torch.save`` and ``save_file`` of a training that goes on."""
    content = fresh.read_bytes()
    assert len(content) == path.stat().st_size
    with path.open("r+b") as file:
        file.write(content)


@pytest.mark.parametrize("name", KINDS)
def test_values_do_not_follow_a_file_that_is_saved_over(name: str, tmp_path: Path) -> None:
    path, fresh = tmp_path / name, tmp_path / "fresh" / name
    fresh.parent.mkdir()
    KINDS[name]({"w": torch.ones(SIZE)}, path)
    KINDS[name]({"w": torch.full((SIZE,), 2.0)}, fresh)
    values = read(path)
    save_over(path, fresh)
    assert (values == 1).all()
    assert (read(path) == 2).all()


@pytest.mark.parametrize("name", KINDS)
def test_a_file_cut_short_after_it_was_read_ends_nothing(name: str, tmp_path: Path) -> None:
    KINDS[name]({"w": torch.ones(SIZE)}, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", CUT % SIZE, str(tmp_path / name)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"sum {float(SIZE)}\n"), done.stderr


def test_a_map_cut_short_while_it_is_read_is_read_or_told_of(tmp_path: Path) -> None:
    bundled = shipped_folder("models") / "net1-mnist.map.safetensors"
    path = tmp_path / "own.map.safetensors"
    path.write_bytes(bundled.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", CUT_WHILE_READING, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, (done.returncode, done.stderr)


def test_an_opened_network_computes_the_same_after_its_files_were_saved_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.pt"
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    torch.save(model.state_dict(), path)
    (tmp_path / "own.py").write_text(
        "from torch import nn\ndef net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(12, 3))"
    )
    network = dnnvis.open(f"{tmp_path}/own.py:net", checkpoint=path, size=2, trust_code=True)
    x = torch.rand(1, 3, 2, 2)
    before = network.module(x)
    torch.save({key: value + 1 for key, value in model.state_dict().items()}, path)
    assert torch.equal(network.module(x), before)
