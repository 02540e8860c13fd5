"""The weights of torch.export's files are read by name, and nothing of the program runs."""

import json
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.checkpoint import read_checkpoint


class Half(nn.Module):
    """A network of which one part has numbers of another kind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.fc = nn.Linear(16, 2).half()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.norm(self.conv(x)).flatten(1).half())


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    module: nn.Module = Half().eval()
    module.norm.running_var.uniform_(0.5, 2)
    path = tmp_path_factory.mktemp("exported") / "net.pt2"
    torch.export.save(torch.export.export(module, (torch.rand(1, 3, 4, 4),)), path)
    return path, module


def changed(path: Path, target: Path, ending: str, content: bytes) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith(ending) else old.read(name))
    return target


def test_the_weights_are_those_of_the_module(saved: tuple[Path, nn.Module]) -> None:
    path, module = saved
    checkpoint = read_checkpoint(path)
    expected = module.state_dict()
    assert checkpoint.state.keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in checkpoint.state.items())
    assert checkpoint.state["fc.weight"].dtype == torch.float16
    assert any("torch.export" in note for note in checkpoint.notes)


def test_the_program_is_not_looked_at(saved: tuple[Path, nn.Module], tmp_path: Path) -> None:
    path = changed(saved[0], tmp_path / "w.pt2", "models/model.json", b"no program at all")
    assert read_checkpoint(path).state.keys() == read_checkpoint(saved[0]).state.keys()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"config": 3}', b'{"config": {"a": {}}}', b"[" * 100_000]
)
def test_a_broken_list_is_a_sentence(
    content: bytes, saved: tuple[Path, nn.Module], tmp_path: Path
) -> None:
    path = changed(saved[0], tmp_path / "w.pt2", "model_weights_config.json", content)
    with pytest.raises(BadInput, match=r"broken \.pt2 file"):
        read_checkpoint(path)


def test_shapes_larger_than_the_numbers_are_refused(
    saved: tuple[Path, nn.Module], tmp_path: Path
) -> None:
    with zipfile.ZipFile(saved[0]) as archive:
        name = next(n for n in archive.namelist() if n.endswith("model_weights_config.json"))
        listed = json.loads(archive.read(name))
    listed["config"]["conv.weight"]["tensor_meta"]["sizes"][0]["as_int"] = 1 << 40
    path = changed(saved[0], tmp_path / "w.pt2", name, json.dumps(listed).encode())
    with pytest.raises(BadInput, match=r"broken \.pt2 file"):
        read_checkpoint(path)
