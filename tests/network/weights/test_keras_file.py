"""Keras' weights in all three forms get torch's names, orders of axes and kinds."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.network.checkpoint import Checkpoint, load_checkpoint, read_checkpoint

h5py = pytest.importorskip("h5py")
RNG = np.random.default_rng(0)
Arrays = dict[str, list[NDArray[np.float32]]]


def numbers(*shape: int) -> NDArray[np.float32]:
    return RNG.uniform(0.1, 1, shape).astype(np.float32)


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4, eps=1e-3),
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.Flatten(),
        nn.Linear(4 * 6, 5),
        nn.Linear(5, 2),
    ).eval()


#: As Keras 3 calls the layers in the order of the model; alphabetically conv2d_1 is no neighbor.
LAYERS: Arrays = {
    "conv2d": [numbers(3, 3, 3, 4), numbers(4)],
    "batch_normalization": [numbers(4), numbers(4), numbers(4), numbers(4)],
    "depthwise_conv2d": [numbers(3, 3, 4, 1), numbers(4)],
    "dense": [numbers(24, 5), numbers(5)],
    "dense_1": [numbers(5, 2), numbers(2)],
}
NAMES = {
    "conv": ["kernel", "bias"],
    "batch": ["gamma", "beta", "moving_mean", "moving_variance"],
    "depth": ["depthwise_kernel", "bias"],
    "dense": ["kernel", "bias"],
}


def save_new(layers: Arrays, path: Path) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in layers.items():
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = name
            for number, value in enumerate(values):
                group[str(number)] = value
        file["optimizer/vars/0"] = numbers(3)
    return path


def save_old(layers: Arrays, path: Path, config: Any = None) -> Path:
    with h5py.File(path, "w") as file:
        top = file.create_group("model_weights")
        top.attrs["layer_names"] = [name.encode() for name in layers]
        for name, values in layers.items():
            names = next(v for k, v in NAMES.items() if name.startswith(k))
            paths = [f"{name}/{n}:0" for n in names[: len(values)]]
            group = top.create_group(name)
            group.attrs["weight_names"] = [p.encode() for p in paths]
            for p, value in zip(paths, values, strict=True):
                group[p] = value
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
    return path


def save_zip(layers: Arrays, config: Any, path: Path) -> Path:
    weights = save_new(layers, path.with_name("inner.h5"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")
    return path


def described(**more: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as Keras writes one."""
    classes = ["Conv2D", "BatchNormalization", "DepthwiseConv2D", "Flatten", "Dense", "Dense"]
    names = ["conv2d", "batch_normalization", "depthwise_conv2d", "flatten", "dense", "dense_1"]
    layers = [
        {"class_name": kind, "config": {"name": name, **more.get(name, {})}}
        for kind, name in zip(classes, names, strict=True)
    ]
    layers[0]["config"] |= {"filters": 4, "batch_input_shape": [None, 2, 3, 3]}  # type: ignore[operator]
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}}


def by_hand() -> list[Tensor]:
    """Return the torch network's weights, moved one number after the other."""
    kernel, bias = LAYERS["conv2d"]
    conv = np.zeros((4, 3, 3, 3), np.float32)
    for index in np.ndindex(kernel.shape):
        y, x, i, o = index
        conv[o, i, y, x] = kernel[index]
    deep_kernel, deep_bias = LAYERS["depthwise_conv2d"]
    deep = np.zeros((4, 1, 3, 3), np.float32)
    for y, x, c, m in np.ndindex(deep_kernel.shape):
        deep[c, m, y, x] = deep_kernel[y, x, c, m]
    dense, dense_bias = LAYERS["dense"]
    turned = np.zeros((5, 24), np.float32)
    for pixel in range(6):
        for channel in range(4):
            turned[:, channel * 6 + pixel] = dense[pixel * 4 + channel]
    gamma, beta, mean, var = LAYERS["batch_normalization"]
    last, last_bias = LAYERS["dense_1"]
    values = [conv, bias, gamma, beta, mean, var, deep, deep_bias, turned, dense_bias]
    return [torch.from_numpy(value) for value in (*values, last.T.copy(), last_bias)]


def load(path: Path, module: nn.Module | None = None) -> tuple[nn.Module, str, Checkpoint]:
    module = net() if module is None else module
    checkpoint = read_checkpoint(path)
    return module, " ".join(load_checkpoint(module, checkpoint)), checkpoint


@pytest.mark.parametrize("form", ["new", "old", "old with a configuration", "zip"])
def test_each_form_gives_the_weights_that_were_moved_by_hand(form: str, tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    if form == "new":
        save_new(LAYERS, path)
    elif form == "zip":
        save_zip(LAYERS, described(), path)
    else:
        save_old(LAYERS, path, described() if "config" in form else None)
    module, notes, checkpoint = load(path)
    loaded = [v for k, v in module.state_dict().items() if not k.endswith("tracked")]
    assert all(torch.equal(a, b) for a, b in zip(loaded, by_hand(), strict=True))
    assert "in their order" in notes
    assert "dense takes the flattened pixels of 4 channels" in notes
    assert ("taken from its shape" in notes) == (form in ("new", "old"))
    is_known = form in ("zip", "old with a configuration")
    assert checkpoint.meta.get("input_size") == ([3, 2, 3] if is_known else None)


def test_layers_of_the_same_names_are_each_others_in_any_order(tmp_path: Path) -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.b, self.a = nn.Linear(3, 3), nn.Linear(3, 3)

    layers = {"a": [numbers(3, 3), numbers(3)], "b": [numbers(3, 3), numbers(3)]}
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name, values in layers.items():
            for number, value in enumerate(values):
                file[f"{name}/vars/{number}"] = value
    module, notes, _ = load(tmp_path / "w.h5", Named())
    for name, (kernel, bias) in layers.items():
        assert torch.equal(module.get_submodule(name).weight, torch.from_numpy(kernel.T.copy()))  # type: ignore[arg-type]
        assert torch.equal(module.get_submodule(name).bias, torch.from_numpy(bias))  # type: ignore[arg-type]
    assert "have the names" in notes
    with pytest.raises(Mismatch, match=r"order of Keras' layers of kind dense \(a, b\)"):
        load(tmp_path / "w.h5", nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)))


def test_ten_layers_keep_their_order(tmp_path: Path) -> None:
    layers = {f"dense_{n}" if n else "dense": [numbers(2, 2), numbers(2)] for n in range(12)}
    module = nn.Sequential(*(nn.Linear(2, 2) for _ in layers))
    load(save_new(layers, tmp_path / "w.h5"), module)
    for part, (kernel, _) in zip(module, layers.values(), strict=True):
        assert np.array_equal(part.weight.detach().numpy(), kernel.T)  # type: ignore[operator]


def test_another_epsilon_is_said(tmp_path: Path) -> None:
    module = net()
    module[1].eps = 1e-5  # type: ignore[assignment]
    _, notes, _ = load(save_new(LAYERS, tmp_path / "w.h5"), module)
    assert "adds 1e-05 to the variance, Keras' default 0.001" in notes
    config = described(batch_normalization={"epsilon": 1e-5})
    _, notes, _ = load(save_zip(LAYERS, config, tmp_path / "w.keras"), module)
    assert "variance" not in notes


def test_a_scale_that_was_left_out_is_one(tmp_path: Path) -> None:
    beta, mean, var = numbers(4), numbers(4), numbers(4)
    layers = {**LAYERS, "batch_normalization": [beta, mean, var]}
    config = described(batch_normalization={"scale": False})
    module, _, _ = load(save_zip(layers, config, tmp_path / "w.keras"))
    norm: Any = module[1]  # type: ignore[index]
    assert torch.equal(norm.weight, torch.ones(4))
    assert np.array_equal(norm.running_mean.numpy(), mean)
    with pytest.raises(BadInput, match="other weights in batch_normalization"):
        read_checkpoint(save_new(layers, tmp_path / "w.h5"))


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (nn.Linear(3, 2), "1 here"),
        (nn.Sequential(*net()[:4], nn.Linear(24, 6), nn.Linear(6, 2)), r"dense.*do not fit|do not"),
    ],
)
def test_what_differs_is_listed_and_nothing_is_loaded(
    module: nn.Module, match: str, tmp_path: Path
) -> None:
    previous = {key: value.clone() for key, value in module.state_dict().items()}
    with pytest.raises(Mismatch, match=match):
        load(save_new(LAYERS, tmp_path / "w.h5"), module)
    assert all(torch.equal(v, previous[k]) for k, v in module.state_dict().items())


def test_maps_of_two_widths_are_not_guessed(tmp_path: Path) -> None:
    layers = {**LAYERS, "depthwise_conv2d": [numbers(3, 3, 4, 2), numbers(8)]}
    with pytest.raises(BadInput, match="4 or 8 channels"):
        read_checkpoint(save_new(layers, tmp_path / "w.h5"))


def test_layers_without_a_counterpart_are_named(tmp_path: Path) -> None:
    layers = {**LAYERS, "lstm": [numbers(4, 8), numbers(2, 8), numbers(8)]}
    with pytest.raises(BadInput, match=r"no plain counterpart in torch \(lstm\)"):
        read_checkpoint(save_new(layers, tmp_path / "w.h5"))


@pytest.mark.parametrize("length", [30, 200, 1500])
def test_files_cut_short_are_a_sentence(length: int, tmp_path: Path) -> None:
    path = save_new(LAYERS, tmp_path / "w.h5")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BadInput, match="broken HDF5 file"):
        read_checkpoint(path)


def test_other_files_are_not_reached_through_it(tmp_path: Path) -> None:
    save_new(LAYERS, tmp_path / "secret.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("secret.h5", "/layers")
    with pytest.raises(BadInput, match="it links to other files"):
        read_checkpoint(tmp_path / "link.h5")
    (tmp_path / "raw").write_bytes(bytes(400))
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        outside = [(str(tmp_path / "raw"), 0, 400)]
        file.create_dataset("layers/dense/vars/0", (10, 10), "f4", external=outside)
    with pytest.raises(BadInput, match="numbers lie in other files"):
        read_checkpoint(tmp_path / "outside.h5")


def test_lying_sizes_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (1 << 20, 1 << 14), "f4", chunks=(64, 64))
    with pytest.raises(BadInput, match="more than any checkpoint of its size"):
        read_checkpoint(tmp_path / "w.h5")
