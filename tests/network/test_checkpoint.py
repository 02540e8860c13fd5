"""Weights out of files: every common form, no code run, words for everything else."""

import hashlib
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Mismatch, NotTrusted
from dnnvis.network.checkpoint import (
    load_checkpoint,
    load_weights,
    read_checkpoint,
    without_prefix,
)


class Evil:
    """Runs a shell command when it is unpickled by anything that obeys pickles."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.marker}'",)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def saved(data: Any, path: Path) -> Path:
    torch.save(data, path)
    return path


def wrappings(state: dict[str, Tensor]) -> dict[str, Any]:
    return {
        "plain": state,
        "state_dict": {"state_dict": state, "epoch": 3},
        "model": {"model": state, "optimizer": {"state": {0: {"step": torch.ones(1)}}}},
        "twice": {"checkpoint": 1, "model": {"state_dict": state}},
        "ema": {"ema": state, "step": 7},
        "parallel": {f"module.{k}": v for k, v in state.items()},
        "compiled": {"net": {f"_orig_mod.module.{k}": v for k, v in state.items()}},
        "lightning": {"state_dict": {f"model.{k}": v for k, v in state.items()}},
    }


@pytest.mark.parametrize("form", list(wrappings({})))
def test_weights_are_found_however_they_are_wrapped(form: str, tmp_path: Path) -> None:
    state = net().state_dict()
    found = read_checkpoint(saved(wrappings(state)[form], tmp_path / "weights.pt"))
    assert same(found.state, state)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
@pytest.mark.parametrize("zipped", [True, False])
def test_both_formats_of_torch_are_read(suffix: str, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    state = net().state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    assert same(read_checkpoint(path).state, state)


def test_safetensors_are_read_with_their_words(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    state = net().state_dict()
    save_file(state, path, metadata={"arch": "mine"})
    found = read_checkpoint(str(path))
    assert same(found.state, state)
    assert found.meta == {"arch": "mine"}
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_harmless_values_beside_the_weights_are_kept(tmp_path: Path) -> None:
    data = {"arch": "resnet18", "class_names": ["a", "b"], "lr": 0.1, "optimizer": {"x": 1}}
    path = saved({**data, "state_dict": net().state_dict()}, tmp_path / "weights.pt")
    assert read_checkpoint(path).meta == data


@pytest.mark.parametrize("how", ["torch", "pickle 2", "pickle 4", "inside a checkpoint"])
def test_a_malicious_pickle_does_not_run_and_is_named(how: str, tmp_path: Path) -> None:
    marker, path = tmp_path / "it-ran", tmp_path / "weights.pt"
    if how.startswith("pickle"):
        path.write_bytes(pickle.dumps(Evil(marker), protocol=int(how[-1])))
    elif how == "torch":
        torch.save(Evil(marker), path)
    else:
        state = net().state_dict()
        torch.save({"state_dict": state, "x": Evil(marker)}, path)
    if how == "inside a checkpoint":
        checkpoint = read_checkpoint(path)
        assert same(checkpoint.state, state)
        assert "objects of posix.system; nothing of them was run" in checkpoint.notes[0]
    else:
        with pytest.raises(NotTrusted, match=r"system.*no code out of checkpoints.*state_dict"):
            read_checkpoint(path)
    assert not marker.exists()
    with path.open("rb") as file:  # the oracle: it would have run
        if how.startswith("pickle"):
            pickle.load(file)
            assert marker.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_the_weights_of_a_whole_pickled_network_are_read_by_name(
    zipped: bool, tmp_path: Path
) -> None:
    module = net()
    module[1].register_buffer("passing", torch.ones(2), persistent=False)
    for data in (module, {"epoch": 3, "model": module, "ema": None}):
        torch.save(data, tmp_path / "whole.pt", _use_new_zipfile_serialization=zipped)
        checkpoint = read_checkpoint(tmp_path / "whole.pt")
        assert same(checkpoint.state, module.state_dict())
        assert checkpoint.notes == (
            "whole.pt holds a whole module; its weights were read by name, none of its code.",
        )


@pytest.mark.filterwarnings("ignore")
def test_the_weights_of_torchscript_are_read_by_name_and_its_code_is_left(tmp_path: Path) -> None:
    module = net()
    torch.jit.script(module).save(str(tmp_path / "script.pt"))
    checkpoint = read_checkpoint(tmp_path / "script.pt")
    assert same(checkpoint.state, module.state_dict())
    assert checkpoint.is_program
    assert any("none of its code ran" in note for note in checkpoint.notes)


@pytest.mark.filterwarnings("ignore")
def test_torchscript_without_weights_is_refused(tmp_path: Path) -> None:
    torch.jit.script(nn.ReLU()).save(str(tmp_path / "script.pt"))
    with pytest.raises(NotTrusted, match="no weights by name"):
        read_checkpoint(tmp_path / "script.pt")


@pytest.mark.filterwarnings("ignore")
def test_constants_of_torchscript_are_left_out_and_named(tmp_path: Path) -> None:
    class WithConstant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.steps = nn.Linear(2, 2), torch.arange(3.0)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x) * self.steps.sum()

    module = WithConstant()
    torch.jit.script(module).save(str(tmp_path / "script.pt"))
    other = WithConstant()
    notes = load_checkpoint(other, read_checkpoint(tmp_path / "script.pt"))
    assert same(other.state_dict(), module.state_dict())
    assert any("Left out" in note and "steps" in note for note in notes)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_truncated_file_is_a_sentence(zipped: bool, share: float, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(net().state_dict(), path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BadInput, match=r"weights\.pt is broken or no checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"dear diary, " * 50, "broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "is a picture"),
        (b"<!DOCTYPE html><html>404</html>" + bytes(500), "a web page, saved in the place"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "HDF5 file"),
        (b"GGUF" + bytes(90), "language model"),
        (b"\x08\x07\x12\x07pytorch" + bytes(90), "ONNX"),
        (bytes(64), "broken"),
    ],
)
def test_what_is_no_checkpoint_is_a_sentence(
    suffix: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"\xff" * 64, b"some text that is none"])
def test_what_only_is_named_safetensors_is_called_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="broken safetensors file; get a whole copy"):
        read_checkpoint(path)


def test_truncated_safetensors_are_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(net().state_dict(), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="broken safetensors file"):
        read_checkpoint(path)


def test_missing_files_and_folders_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no checkpoint file"):
        read_checkpoint(tmp_path / "nothing.pt")
    with pytest.raises(BadInput, match=r"has no model\.safetensors .*name the file: none"):
        read_checkpoint(tmp_path)


def test_sets_of_weights_beside_each_other_are_told_and_chosen_by_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain, average = net().state_dict(), net().state_dict()
    for first, second in (("state_dict", "state_dict_ema"), ("model", "model_ema")):
        path = saved({first: plain, second: average, "epoch": 2}, tmp_path / "w.pt")
        checkpoint = read_checkpoint(path)
        assert same(checkpoint.state, plain)
        assert f"there are also: {second}. Open w.pt#{second}" in checkpoint.notes[0]
        for chosen in (read_checkpoint(path, second), read_checkpoint(f"{path}#{second}")):
            assert same(chosen.state, average)
            assert chosen.notes == ()
    with pytest.raises(BadInput, match=r"no part 'teacher'; it holds: model, model_ema"):
        read_checkpoint(path, "teacher")
    student = {f"student.{key}": value for key, value in plain.items()}
    teacher = {f"teacher.{key}": value for key, value in average.items()}
    path = saved({"state_dict": {**student, **teacher}}, tmp_path / "both.pt")
    assert same(read_checkpoint(path, "teacher").state, average)
    assert same(read_checkpoint(f"{path}#student").state, plain)


def test_the_part_that_fits_is_taken_where_the_likeliest_does_not(tmp_path: Path) -> None:
    torch.manual_seed(0)
    other, own = nn.Sequential(nn.Linear(3, 3)).state_dict(), net().state_dict()
    path = saved({"model": other, "encoder": own}, tmp_path / "w.pt")
    module = net()
    notes = load_checkpoint(module, read_checkpoint(path))
    assert same(module.state_dict(), own)
    assert any("those of 'encoder' fit and are taken" in note for note in notes)
    with pytest.raises(Mismatch, match="does not fit"):
        load_checkpoint(net(), read_checkpoint(path, "model"))


@pytest.mark.parametrize("change", [lambda v: (v * 127).to(torch.int8), lambda v: v + 1j])
def test_numbers_that_say_nothing_as_floats_are_refused(change: Any, tmp_path: Path) -> None:
    state = net().state_dict()
    state["3.weight"] = change(state["3.weight"])
    path = saved(state, tmp_path / "w.pt")
    with pytest.raises(Mismatch, match=r"another kind .*: 3\.weight \((int8|complex64)"):
        load_checkpoint(net(), read_checkpoint(path))


def test_a_file_is_read_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    state = net().state_dict()
    save_file(state, tmp_path / "w.pt")
    save_file(state, tmp_path / "W.SAFETENSORS")
    torch.save(state, tmp_path / "t.safetensors")
    np.savez(tmp_path / "w.npz", **{key: value.numpy() for key, value in state.items()})
    for file in tmp_path.iterdir():
        assert same(read_checkpoint(file).state, state), file


@pytest.mark.parametrize("form", ["index", "first", "folder"])
def test_shards_are_read_together(form: str, tmp_path: Path) -> None:
    state = net().state_dict()
    keys = sorted(state)
    files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for file, part in zip(files, (keys[:4], keys[4:]), strict=True):
        save_file({key: state[key] for key in part}, tmp_path / file)
    index = {"weight_map": {key: files[key not in keys[:4]] for key in keys}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    name = {"index": "model.safetensors.index.json", "first": files[0], "folder": ""}[form]
    checkpoint = read_checkpoint(tmp_path / name)
    assert same(checkpoint.state, state)
    digest = hashlib.sha256(b"".join((tmp_path / file).read_bytes() for file in files))
    assert checkpoint.sha256 == digest.hexdigest()
    (tmp_path / files[1]).unlink()
    with pytest.raises(BadInput, match="1 of 2 shards are missing"):
        read_checkpoint(tmp_path / name)


@pytest.mark.parametrize("data", [torch.ones(3), [1, 2], {"epoch": 3}, {}, {"model": {}}])
def test_a_file_without_weights_says_what_is_in_it(data: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no weights by name: (what is inside is|a dictionary of)"):
        read_checkpoint(saved(data, tmp_path / "weights.pt"))


def test_a_prefix_goes_only_where_all_keys_have_it() -> None:
    one = torch.ones(1)
    assert list(without_prefix({"model.a": one, "b": one})) == ["model.a", "b"]
    assert list(without_prefix({"module.model.a": one, "module.model.b": one})) == ["a", "b"]


def test_weights_are_put_in_exactly() -> None:
    torch.manual_seed(3)
    one, other = net(), net()
    assert load_weights(other, one.state_dict()) == ()
    assert same(one.state_dict(), other.state_dict())


def test_a_network_whose_own_names_look_like_a_prefix_gets_its_weights() -> None:
    one, other = nn.Module(), nn.Module()
    one.model, other.model = net(), net()
    load_weights(other, without_prefix(one.state_dict()))
    assert same(one.state_dict(), other.state_dict())
    load_weights(other, one.state_dict())


def test_counters_of_batch_norm_may_be_missing() -> None:
    state = {k: v for k, v in net().state_dict().items() if "num_batches" not in k}
    assert load_weights(net(), state) == ()


def test_half_precision_becomes_single() -> None:
    state = {k: v.half() if v.is_floating_point() else v for k, v in net().state_dict().items()}
    module = net()
    load_weights(module, state)
    assert module[0].weight.dtype == torch.float32
    assert torch.equal(module[0].weight, state["0.weight"].float())


def test_tied_weights_may_be_stored_once() -> None:
    def tied() -> nn.Sequential:
        module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        module[1].weight = module[0].weight
        return module

    state = tied().state_dict()
    del state["1.weight"]
    module = tied()
    assert load_weights(module, state) == ()
    assert torch.equal(module[1].weight, state["0.weight"])


def test_nan_weights_load_with_a_note() -> None:
    state = net().state_dict()
    state["0.weight"][0, 0] = torch.nan
    state["3.bias"][1] = torch.inf
    (note,) = load_weights(net(), state)
    assert "2 of the checkpoint's 9 tensors hold NaN" in note
    assert "0.weight, 3.bias" in note


def test_a_checkpoint_of_another_network_lists_what_differs_and_changes_nothing() -> None:
    module = net()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    state = {"0.weight": torch.zeros(4, 1, 3, 3), "0.bias": torch.zeros(4)}
    state |= {f"extra{k}": torch.zeros(1) for k in range(20)}
    with pytest.raises(Mismatch) as caught:
        load_weights(module, state)
    words = str(caught.value)
    assert "6 missing (1.weight, 1.bias" in words
    assert "20 not in the network (extra0, " in words
    assert "extra7 and 12 more" in words
    assert "1 of another shape (0.weight 4x1x3x3 there, 4x3x3x3 here)" in words
    assert same(before, module.state_dict())


class Inside(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))


def test_one_level_more_or_less_in_all_names_is_said() -> None:
    module, inner = Inside(), nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    weights = {key: torch.rand_like(value) for key, value in inner.state_dict().items()}
    notes = load_weights(module, weights)
    assert "No name in the file begins with 'encoder.'" in notes[0]
    assert torch.equal(module.encoder[1].weight, weights["1.weight"])
    notes = load_weights(inner, {f"teacher.{key}": value for key, value in weights.items()})
    assert "All names in the file begin with 'teacher.'" in notes[0]
    assert torch.equal(inner[0].bias, weights["0.bias"])
    with pytest.raises(Mismatch):
        load_weights(inner, {f"teacher.{k}": v for k, v in list(weights.items())[:3]})


@pytest.mark.parametrize("name", [7, None, [], "", ".", "..", "a/b", "x" * 5000, {"a": 1}])
def test_an_index_of_odd_names_is_refused(tmp_path: Path, name: object) -> None:
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(BadInput):
        read_checkpoint(path)


def test_a_header_of_npz_that_is_no_python_is_refused_in_a_sentence(tmp_path: Path) -> None:
    header = b"\x93NUMPY\x01\0\x10\0{'descr': ('<f4'\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", header)
    with pytest.raises(BadInput, match=r"is a broken \.npz file"):
        read_checkpoint(tmp_path / "a.npz")


def test_no_text_of_safetensors_is_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b'\x09\0\0\0\0\0\0\0{"a": 1 } ')
    with pytest.raises(BadInput, match="is a broken safetensors file; get a whole copy of it"):
        read_checkpoint(path)
