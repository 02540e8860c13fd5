"""Networks that lie in files as programs: ONNX, and torch.export's where they are trusted."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput, NeedsTrust, UnknownNetwork
from dnnvis.zoo.program_file import is_exported_file, is_onnx_file, open_onnx

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(x)).mean((2, 3)))


def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


def answer(module: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(IMAGE).permute(2, 0, 1)[None] / 255)[0].numpy()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "net.pt2"
    torch.export.save(torch.export.export(net(), (torch.rand(1, 3, 12, 16),)), path)
    return path


@pytest.mark.filterwarnings("ignore")
def test_a_trusted_program_opens_with_its_layers_and_size(exported: Path) -> None:
    assert is_exported_file(exported)
    network = dnnvis.open(exported, trust_code=True)
    assert network.record(IMAGE).output == pytest.approx(answer(net()), abs=1e-5)
    assert network.card.size == (12, 16)
    assert {"conv", "fc"} <= {layer.name for layer in network.layers}
    assert any("torch.export" in note for note in network.notes)


def test_without_trust_torch_does_not_read_it(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("it was read")

    def recognize_nothing(checkpoint: object) -> None:
        raise UnknownNetwork("It belongs to no network known here.")

    monkeypatch.setattr(torch.export, "load", fail)
    monkeypatch.setattr("dnnvis.zoo.catalog.detect_architecture", recognize_nothing)
    with pytest.raises(NeedsTrust, match="trust_code=True"):
        dnnvis.open(exported)


@pytest.mark.filterwarnings("ignore")
def test_a_broken_program_is_a_sentence(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.pt2"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"{}" if name.endswith("model.json") else old.read(name))
    with pytest.raises(BadInput, match="torch cannot load"):
        dnnvis.open(path, trust_code=True)


def save_onnx(path: Path, **changes: Any) -> Path:
    """Write ``net`` by hand, with names that would be code where nobody replaced them."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnx2fx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    odd = "w'); __import__('os').system('exit'); (\""
    weights = [v.detach().numpy() for v in net().parameters()]
    names = [odd, "conv bias", "fc-weight", "fc bias"]
    nodes = [
        helper.make_node("Conv", ["x", odd, "conv bias"], ["c"], name="a b"),
        helper.make_node("Relu", ["c"], ["c "]),
        helper.make_node("GlobalAveragePool", ["c "], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "fc-weight", "fc bias"], ["y"], transB=1),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", kind, ["n", 3, 12, 16])],
        [helper.make_tensor_value_info("y", kind, ["n", 5])],
        [numpy_helper.from_array(w, n) for w, n in zip(weights, names, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    onnx.save(model, path, **changes)
    return path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("changes", [{}, {"save_as_external_data": True, "location": "w.bin"}])
def test_a_network_in_onnx_gives_the_answers_of_its_module(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    if changes:
        changes = {**changes, "size_threshold": 0}
    path = save_onnx(tmp_path / "net.onnx", **changes)
    assert is_onnx_file(path)
    network = dnnvis.open(path)
    assert network.record(IMAGE).output == pytest.approx(answer(net()), abs=1e-5)
    assert network.card.size == (12, 16)
    assert any("converted from ONNX" in note for note in network.notes)
    names = [name for name, _ in network.module.named_modules()]
    assert all("import" not in name or name.isidentifier() for name in names)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["../w.bin", "missing.bin", "/etc/hostname"])
def test_weights_are_read_from_a_file_beside_it_alone(name: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    folder = tmp_path / "folder"
    folder.mkdir()
    path = save_onnx(
        folder / "net.onnx", save_as_external_data=True, location="w.bin", size_threshold=0
    )
    (tmp_path / "w.bin").write_bytes((folder / "w.bin").read_bytes())
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        next(e for e in tensor.external_data if e.key == "location").value = name
    path.write_bytes(model.SerializeToString())
    with pytest.raises(BadInput, match="does not lie beside it"):
        open_onnx(path)


def test_a_broken_file_and_a_missing_converter_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(100))
    assert is_onnx_file(path)
    with pytest.raises(BadInput, match=r"broken ONNX file|install the converter"):
        dnnvis.open(path)
    monkeypatch.setitem(sys.modules, "onnx2fx", None)
    with pytest.raises(BadInput, match=r"pip install 'dnnvis\[onnx\]'"):
        dnnvis.open(path)
    path.write_bytes(b"")
    assert not is_onnx_file(path)
