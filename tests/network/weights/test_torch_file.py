"""Files of torch in all their forms give the tensors that torch itself reads."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.weights.torch_file import TorchFile, read_torch

FORMS: dict[str, dict[str, Any]] = {
    "zip": {},
    "legacy": {"_use_new_zipfile_serialization": False},
    "zip, protocol 4": {"pickle_protocol": 4},
    "legacy, protocol 3": {"_use_new_zipfile_serialization": False, "pickle_protocol": 3},
}


def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    base = torch.rand(4, 6)
    return {
        "plain": base,
        "part of it": base[1:, ::2],
        "turned": base.t(),
        "half": base.half(),
        "bfloat16": base.bfloat16(),
        "double": base.double(),
        "float8": base.to(torch.float8_e4m3fn),
        "uint16": torch.tensor([1, 2, 60_000], dtype=torch.uint16),
        "long": torch.arange(5),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "truth": torch.tensor([True, False]),
        "complex": torch.rand(3) + 1j,
        "expanded": torch.rand(1, 3).expand(4, 3),
        "empty": torch.empty(0, 3),
        "single": torch.tensor(3.0),
        "parameter": nn.Parameter(base),
    }


def read(path: Path) -> TorchFile:
    with path.open("rb") as file:
        return read_torch(file, path)


def is_same(one: Tensor, other: Tensor) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype == torch.float8_e4m3fn:
        one, other = one.float(), other.float()
    return torch.equal(one, other)


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_tensor_is_read_as_torch_reads_it(form: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    expected = tensors()
    torch.save(expected, path, **FORMS[form])
    data = read(path).data
    assert data.keys() == expected.keys()
    assert [name for name in expected if not is_same(data[name], expected[name].detach())] == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_quantized_numbers_become_floats_and_that_is_said(form: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    base = torch.rand(4, 6)
    scales, zeros = torch.rand(4) * 0.01 + 0.001, torch.arange(4)
    data = {
        "whole": torch.quantize_per_tensor(base, 0.01, 3, torch.qint8),
        "rows": torch.quantize_per_channel(base, scales, zeros, 0, torch.qint8),
        "unsigned": torch.quantize_per_tensor(base, 0.01, 3, torch.quint8),
    }
    torch.save(data, tmp_path / "q.pt", **FORMS[form])
    result = read(tmp_path / "q.pt")
    for name, value in data.items():
        assert torch.allclose(result.data[name], value.dequantize(), atol=1e-7)
    assert result.notes[0].startswith("3 of the tensors in q.pt are quantized")


def test_a_sparse_tensor_is_read_whole(tmp_path: Path) -> None:
    sparse = torch.eye(5).to_sparse()
    torch.save({"w": sparse}, tmp_path / "s.pt")
    assert torch.equal(read(tmp_path / "s.pt").data["w"], torch.eye(5))


def test_a_zip_that_was_packed_anew_is_read_right(tmp_path: Path) -> None:
    raw = io.BytesIO()
    torch.save(tensors(), raw)
    path = tmp_path / "again.pt"
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    data = read(path).data
    assert all(is_same(data[name], value.detach()) for name, value in tensors().items())


def test_numbers_of_a_machine_that_counts_from_the_other_end(tmp_path: Path) -> None:
    raw = io.BytesIO()
    values = {"w": torch.arange(4.0), "n": torch.arange(3), "c": torch.tensor([1 + 2j])}
    torch.save(values, raw)
    path = tmp_path / "big.pt"
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("byteorder"):
                content = b"big"
            if "/data/" in name:
                size = {16: 4, 24: 8, 8: 4}[len(content)]
                parts = [content[k : k + size][::-1] for k in range(0, len(content), size)]
                content = b"".join(parts)
            new.writestr(name, content)
    data = read(path).data
    assert all(torch.equal(data[name], value) for name, value in values.items())


def damaged(path: Path, values: Tensor) -> None:
    content = bytearray(path.read_bytes())
    at = content.find(values.numpy().tobytes()[:400]) + 100
    content[at] ^= 0xFF
    path.write_bytes(content)


def test_a_byte_that_went_wrong_is_told_by_its_checksum(tmp_path: Path) -> None:
    torch.manual_seed(0)
    values = {"a": torch.rand(2000), "b": torch.rand(2000), "c": torch.rand(2000)}
    path = tmp_path / "w.pt"
    torch.save(values, path)
    damaged(path, values["b"])
    with pytest.raises(BadInput, match="damaged: the checksum of 1 of its 5 parts is wrong"):
        read(path)


def test_a_file_that_was_written_without_checksums_is_read_and_that_is_said(
    tmp_path: Path,
) -> None:
    values = {"a": torch.rand(2000), "b": torch.rand(2000)}
    path = tmp_path / "w.pt"
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(values, path)
    finally:
        torch.serialization.set_crc32_options(True)
    result = read(path)
    assert all(torch.equal(result.data[name], value) for name, value in values.items())
    assert "fit none of its weights: it was written without" in result.notes[0]


@pytest.mark.parametrize("form", ["zip", "legacy"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_refused_in_words(form: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save({"a": torch.rand(2000)}, path, **FORMS[form])
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadInput, match=r"w\.pt is broken or no checkpoint"):
        read(path)


def test_a_tensor_beyond_its_numbers_is_refused(tmp_path: Path) -> None:
    # an honest file whose shape is changed: (4,) becomes (5,)
    raw = io.BytesIO()
    torch.save({"w": torch.arange(4.0)}, raw)
    path = tmp_path / "long.pt"
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("data.pkl"):
                assert content.count(b"K\x04\x85") == 1
                content = content.replace(b"K\x04\x85", b"K\x05\x85")
            new.writestr(name, content)
    with pytest.raises(BadInput, match="a tensor larger than its numbers"):
        read(path)
