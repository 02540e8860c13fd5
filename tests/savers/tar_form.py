"""Write the form of torch 0.1 (until 2017): a tar of storages, tensors and a pickle."""

import io
import pickle
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

PROTOCOL = 2


class _ById(pickle.Pickler):
    """Writes tensors as numbers, as torch 0.1 did."""

    def __init__(self, file: io.BytesIO, numbers: Mapping[int, int]) -> None:
        super().__init__(file, PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, value: Any) -> str | None:
        return str(self._numbers[id(value)]) if isinstance(value, Tensor) else None


def save_tar(state: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors by name; each has a storage of its own, seen at an offset of one number."""
    numbers = {id(value): number + 100 for number, value in enumerate(state.values())}
    storages, tensors, top = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pickle.dump(len(state), storages, PROTOCOL)
    pickle.dump(len(state), tensors, PROTOCOL)
    for value in state.values():
        key = numbers[id(value)]
        kind = type(value.storage())  # TypedStorage
        assert kind is torch.storage.TypedStorage
        names = {torch.float32: torch.FloatStorage, torch.int64: torch.LongStorage}
        pickle.dump((key + 1000, "cpu", names[value.dtype]), storages, PROTOCOL)
        storages.write(struct.pack("<q", value.numel() + 1))
        storages.write(bytes(value.element_size()) + value.contiguous().numpy().tobytes())
        pickle.dump((key, key + 1000, type(value)), tensors, PROTOCOL)
        tensors.write(struct.pack("<ii", value.dim(), 0))
        tensors.write(struct.pack(f"<{value.dim()}q", *value.shape))
        tensors.write(struct.pack(f"<{value.dim()}q", *value.contiguous().stride()))
        tensors.write(struct.pack("<q", 1))
    pickle.dump([], storages, PROTOCOL)
    _ById(top, numbers).dump(dict(state))
    facts = pickle.dumps({"protocol_version": 1000, "little_endian": True}, PROTOCOL)
    parts = {"sys_info": facts, "pickle": top.getvalue()}
    parts |= {"tensors": tensors.getvalue(), "storages": storages.getvalue()}
    with tarfile.open(path, "w:") as archive:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
