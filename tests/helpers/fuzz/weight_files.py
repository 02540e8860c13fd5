"""Files of weights: every form that ``network.checkpoint`` reads, and the files beside them."""

import io
import json
import pickle
import tarfile
import tempfile
import zipfile
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

import dnnvis
from dnnvis.network.checkpoint import load_checkpoint, read_checkpoint
from dnnvis.training.run_status import read_status
from dnnvis.zoo.described_file import describe_checkpoint
from dnnvis.zoo.input_options import InputOptions
from helpers.fuzz.mutations import change_json
from helpers.fuzz.packed import in_pickle, in_safetensors, in_zip
from helpers.fuzz.reader import Files, Reader
from savers.tar_form import save_tar

GOLDEN = Path(__file__).parents[2] / "golden"
CONFIG = {
    "id2label": {"0": "ant", "1": "bee"},
    "label2id": {"ant": 0, "bee": 1},
    "image_size": 8,
    "pretrained_cfg": {"input_size": [3, 8, 8], "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]},
}
PREPROCESSING = {"do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.2] * 3, "size": 8}


def module() -> nn.Sequential:
    """Return a small network, its weights by seed."""
    generator = torch.Generator().manual_seed(0)
    result = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(5, 2))
    with torch.no_grad():
        for weight in result.parameters():
            weight.uniform_(-1, 1, generator=generator)
    return result


def content() -> dict[str, Any]:
    """Return what a training saves: weights, and much beside them."""
    net = module()
    moments = {k: {"step": torch.tensor(1.0), "exp_avg": torch.ones(4)} for k in range(2)}
    return {
        "state_dict": net.state_dict(),
        "state_dict_ema": OrderedDict((k, v.clone()) for k, v in net.state_dict().items()),
        "optimizer": {"state": moments, "param_groups": [{"lr": 0.1, "params": [0, 1]}]},
        "epoch": 3,
        "hyper_parameters": Namespace(lr=0.1, size=(8, 8)),
        "class_names": ["ant", "bee"],
        "mean": np.float32(0.5),
        "best": np.arange(3.0),
        "half": torch.ones(2, dtype=torch.bfloat16),
        "transposed": torch.arange(6.0).reshape(2, 3).T,
    }


def save_torch(value: Any, new: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def deflate(data: bytes) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info), zipfile.ZIP_DEFLATED)
    return result.getvalue()


def as_tar() -> bytes:
    """Return weights in a tar file, of the parts that the oldest torch wrote."""
    result = io.BytesIO()
    parts = {"sys_info": {"little_endian": True}, "pickle": {"a": 1}, "tensors": 0, "storages": 0}
    with tarfile.open(fileobj=result, mode="w") as archive:
        for name, value in parts.items():
            data = pickle.dumps(value, 2)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return result.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, **{key: value.numpy() for key, value in module().state_dict().items()})
    return file.getvalue()


def one(name: str, make: Callable[[], bytes]) -> Callable[[], Files]:
    """Return what makes a single file."""
    return lambda: {name: make()}


def shards() -> Files:
    state = module().state_dict()
    parts: list[dict[str, torch.Tensor]] = [{}, {}]
    for number, (key, value) in enumerate(state.items()):
        parts[number % 2][key] = value
    names = [f"model-{k + 1:05}-of-00002.safetensors" for k in range(2)]
    index = {key: names[k] for k, part in enumerate(parts) for key in part}
    tree = {"metadata": {"total_size": 1}, "weight_map": index}
    files = {name: save(part) for name, part in zip(names, parts, strict=True)}
    return {**files, "model.safetensors.index.json": json.dumps(tree).encode()}


def folder() -> Files:
    return {
        "model.safetensors": save(module().state_dict(), {"format": "pt"}),
        "config.json": json.dumps(CONFIG).encode(),
        "preprocessor_config.json": json.dumps(PREPROCESSING).encode(),
    }


def golden(*names: str) -> Callable[[], Files]:
    """Return what copies files that the product wrote."""
    return lambda: {name: (GOLDEN / name).read_bytes() for name in names}


def open_weights(path: Path, scratch: Path) -> object:
    """Read a checkpoint, with what it says of labels and preprocessing, and load it."""
    checkpoint = read_checkpoint(path)
    described = describe_checkpoint(checkpoint, InputOptions())
    return described, load_checkpoint(module(), checkpoint)


def open_any_weights(path: Path, scratch: Path) -> object:
    """Read a checkpoint that is of no network here."""
    return describe_checkpoint(read_checkpoint(path), InputOptions())


def open_network(path: Path, scratch: Path) -> object:
    """Open a network by its weights, with the card and the snapshots beside them."""
    network = dnnvis.open(str(path))
    return network.card, network.layers, network.snapshots, network.notes


def open_progress(path: Path, scratch: Path) -> object:
    return read_status(path.parent, path.with_name("golden-life.safetensors"))


def torch_tar() -> bytes:
    """Return a file as torch 0.1 wrote them."""
    with tempfile.TemporaryDirectory() as folder:
        save_tar(module().state_dict(), Path(folder) / "w.pt")
        return (Path(folder) / "w.pt").read_bytes()


def exported() -> bytes:
    """Return a program's file as torch.export writes it, without the program."""
    file, listed = io.BytesIO(), {}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/archive_format", "pt2")
        archive.writestr("net/byteorder", "little")
        for number, (name, value) in enumerate(module().state_dict().items()):
            archive.writestr(f"net/data/weights/weight_{number}", value.numpy().tobytes())
            meta = {
                "dtype": 7 if value.is_floating_point() else 5,
                "sizes": [{"as_int": side} for side in value.shape],
                "strides": [{"as_int": step} for step in value.stride()],
                "storage_offset": {"as_int": 0},
            }
            entry = {"path_name": f"weight_{number}", "use_pickle": False, "tensor_meta": meta}
            listed[name] = entry
        config = json.dumps({"config": listed})
        archive.writestr("net/data/weights/model_weights_config.json", config)
    return file.getvalue()


def keras_weights() -> bytes:
    """Return a ``.weights.h5`` of Keras 3."""
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as content:
        for name, shapes in {"conv2d": [(3, 3, 3, 4), (4,)], "dense": [(4, 2), (2,)]}.items():
            group = content.create_group(f"layers/{name}/vars")
            group.attrs["name"] = name
            for number, shape in enumerate(shapes):
                group[str(number)] = np.ones(shape, np.float32)
    return file.getvalue()


NAMES = ("golden-life.safetensors", "golden-life.json", "golden-life.moments.safetensors")
LIFE = golden(*NAMES)
ZIP = (in_zip(), in_zip("data.pkl"), in_zip("data.pkl", in_pickle))
READERS = {
    "torch zip": Reader(one("w.pt", lambda: save_torch(content())), open_weights, "w.pt", (), ZIP),
    "torch zip, deflated": Reader(
        one("w.pth", lambda: deflate(save_torch(content()))), open_weights, "w.pth", (), ZIP
    ),
    "torch legacy": Reader(
        one("w.pt", lambda: save_torch(content(), False)), open_weights, "w.pt", (), (in_pickle,)
    ),
    "torch tar": Reader(one("w.pt", as_tar), open_any_weights, "w.pt"),
    "torch 0.1": Reader(one("w.pt", torch_tar), open_any_weights, "w.pt"),
    "torch.export": Reader(
        one("w.pt2", exported),
        open_any_weights,
        "w.pt2",
        (),
        (in_zip(), in_zip("model_weights_config.json", change_json)),
    ),
    "bare pickle": Reader(
        one("w.pkl", lambda: pickle.dumps({"a": np.ones(3), "b": np.zeros((2, 2))}, 2)),
        open_any_weights,
        "w.pkl",
        (),
        (in_pickle,),
    ),
    "pickled module": Reader(
        one("m.pt", lambda: save_torch(module())), open_weights, "m.pt", (), ZIP
    ),
    "pickled module, legacy": Reader(
        one("m.pt", lambda: save_torch(module(), False)), open_weights, "m.pt", (), (in_pickle,)
    ),
    "safetensors": Reader(
        one("w.safetensors", lambda: save(module().state_dict(), {"format": "pt", "a": "{}"})),
        open_weights,
        "w.safetensors",
        (),
        (in_safetensors,),
    ),
    "shards": Reader(shards, open_weights, "model.safetensors.index.json", (), ()),
    "index of shards": Reader(
        shards,
        open_weights,
        "model.safetensors.index.json",
        ("model.safetensors.index.json",),
        (change_json,),
    ),
    "folder of weights": Reader(folder, open_weights, ""),
    "config.json": Reader(
        folder, open_weights, "", ("config.json", "preprocessor_config.json"), (change_json,) * 3
    ),
    "npz of weights": Reader(one("w.npz", npz), open_weights, "w.npz", (), (in_zip(),)),
    "network": Reader(LIFE, open_network, NAMES[0], NAMES[:1], (in_safetensors,)),
    "card": Reader(LIFE, open_network, NAMES[0], NAMES[1:2], (change_json,) * 3),
    "snapshots": Reader(LIFE, open_network, NAMES[0], NAMES[2:], (in_safetensors,)),
    "progress": Reader(
        golden("progress.pt", *NAMES[:2]),
        open_progress,
        "progress.pt",
        ("progress.pt",),
        (in_zip(), in_zip("data.pkl", in_pickle)),
    ),
}
if find_spec("h5py"):
    READERS["Keras"] = Reader(one("w.h5", keras_weights), open_any_weights, "w.h5")
