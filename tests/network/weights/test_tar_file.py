"""The tar of torch 0.1 gives the tensors that torch itself reads."""

import io
import pickle
import tarfile
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.network.checkpoint import read_checkpoint
from savers.tar_form import save_tar


def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {
        "conv.weight": torch.rand(4, 3, 2, 2),
        "conv.bias": torch.rand(4),
        "n": torch.ones(1).long(),
    }


@pytest.mark.filterwarnings("ignore")
def test_what_torch_reads_is_read(tmp_path: Path) -> None:
    save_tar(state(), tmp_path / "w.pth")
    expected = torch.load(tmp_path / "w.pth", weights_only=False)  # a file of ours
    read = read_checkpoint(tmp_path / "w.pth").state
    assert read.keys() == expected.keys() == state().keys()
    assert all(torch.equal(read[key], expected[key]) for key in expected)


def rewritten(path: Path, name: str, content: bytes) -> Path:
    with tarfile.open(path) as archive:
        parts = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}  # type: ignore[union-attr]
    with tarfile.open(path, "w:") as archive:
        for key, value in {**parts, name: content}.items():
            info = tarfile.TarInfo(key)
            info.size = len(value)
            archive.addfile(info, io.BytesIO(value))
    return path


@pytest.mark.parametrize("part", ["storages", "tensors", "pickle"])
@pytest.mark.parametrize("length", [0, 20, 80])
def test_a_part_that_is_cut_short_is_a_sentence(part: str, length: int, tmp_path: Path) -> None:
    save_tar(state(), tmp_path / "w.pth")
    with tarfile.open(tmp_path / "w.pth") as archive:
        content = archive.extractfile(part).read()  # type: ignore[union-attr]
    assert len(content) > length
    rewritten(tmp_path / "w.pth", part, content[:length])
    with pytest.raises(BadInput, match="broken or no checkpoint"):
        read_checkpoint(tmp_path / "w.pth")


def test_lying_counts_are_refused_at_once(tmp_path: Path) -> None:
    save_tar(state(), tmp_path / "w.pth")
    rewritten(tmp_path / "w.pth", "storages", pickle.dumps(1 << 60, 2))
    with pytest.raises(BadInput, match="broken or no checkpoint"):
        read_checkpoint(tmp_path / "w.pth")


def test_a_tar_of_other_files_is_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "w.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("readme.txt"))
    with pytest.raises(BadInput, match="none of torch's; unpack it first"):
        read_checkpoint(tmp_path / "w.tar")
