"""Write checkpoints in the forms of torch itself: ``python tests/savers/make_torch.py FOLDER``.

Needs torch alone (2.15.0 when it was written).
"""

import argparse
import collections
import copy
import datetime
import enum
import gzip
import pathlib
import types
import warnings
import zipfile
from typing import Any

import numpy as np
import torch
import torch.distributed.checkpoint as dcp
from cases import CaseFolder
from networks import Small, normed_new, normed_old, small, tied, trained
from safetensors.torch import save_file, save_model
from torch import Tensor, nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

LEGACY: dict[str, Any] = {"_use_new_zipfile_serialization": False}


class Phase(enum.Enum):
    """An enum of the training's own code."""

    WARM_UP = 1


def write_forms(cases: CaseFolder) -> None:
    """Write one state dict in every form of torch.save."""
    state = trained(small()).state_dict()
    forms: dict[str, dict[str, Any]] = {
        "torch.save": {},
        "torch.save, before 1.6": LEGACY,
        "torch.save, protocol 4": {"pickle_protocol": 4},
        "torch.save, before 1.6, protocol 4": {**LEGACY, "pickle_protocol": 4},
    }
    for number, (form, options) in enumerate(forms.items()):
        path = cases.path / f"form-{number}.pt"
        torch.save(state, path, **options)
        cases.add(form, path, "small", state)
    with zipfile.ZipFile(cases.path / "form-0.pt") as stored:
        path = cases.path / "deflated.pt"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in stored.namelist():
                packed.writestr(name, stored.read(name))
    cases.add("torch.save, zipped anew with compression", path, "small", state)
    path = cases.path / "packed.pt.gz"
    path.write_bytes(gzip.compress((cases.path / "form-0.pt").read_bytes()))
    cases.add("torch.save, packed with gzip", path, "small", refusal="unpack it")
    torch.save(list(state.values()), cases.path / "list.pt")
    cases.add("a list of tensors", "list.pt", "small", refusal="no weights by name")


def write_modules(cases: CaseFolder) -> None:
    """Write whole modules, wrapped ones, and programs."""
    module = trained(small())
    state = module.state_dict()
    torch.save(module, cases.path / "module.pt")
    cases.add("a whole module", "module.pt", "small", state, note="whole module")
    torch.save(module, cases.path / "module-old.pt", **LEGACY)
    cases.add("a whole module, before 1.6", "module-old.pt", "small", state, note="whole module")
    torch.save(nn.DataParallel(module).state_dict(), cases.path / "parallel.pt")
    cases.add("DataParallel", "parallel.pt", "small", state)
    torch.save({"net": nn.DataParallel(module)}, cases.path / "parallel-module.pt")
    cases.add("DataParallel, the whole module", "parallel-module.pt", "small", state)
    torch.save(torch.compile(module).state_dict(), cases.path / "compiled.pt")
    cases.add("torch.compile", "compiled.pt", "small", state)
    inner = copy.deepcopy(module)
    inner.conv2 = torch.compile(inner.conv2)  # type: ignore[assignment]
    torch.save(inner.state_dict(), cases.path / "compiled-part.pt")
    cases.add("torch.compile of a part", "compiled-part.pt", "small", state)
    x = torch.rand(1, 3, 16, 16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(module).save(str(cases.path / "scripted.pt"))
        torch.jit.trace(module, x).save(str(cases.path / "traced.pt"))
    cases.add("torch.jit.script", "scripted.pt", "small", state, note="TorchScript")
    cases.add("torch.jit.trace", "traced.pt", "small", state, note="TorchScript")
    torch.export.save(torch.export.export(module, (x,)), cases.path / "exported.pt2")
    cases.add("torch.export", "exported.pt2", "small", state, note="torch.export")
    cases.add("torch.export, as a network", "exported.pt2", "", refusal="trust_code=True")


def write_wrapped(cases: CaseFolder) -> None:
    """Write averaged models, and names as trainings over several processes have them."""
    module = trained(small())
    state = module.state_dict()
    averaged = AveragedModel(module)
    torch.save(averaged.state_dict(), cases.path / "averaged.pt")
    cases.add("AveragedModel", "averaged.pt", "small", state)
    ema = AveragedModel(trained(small(), 2), multi_avg_fn=get_ema_multi_avg_fn(0.9))
    ema.update_parameters(module)  # type: ignore[arg-type]
    both = {"state_dict": state, "state_dict_ema": ema.state_dict()}
    torch.save(both, cases.path / "ema.pt")
    cases.add("AveragedModel beside the plain one", "ema.pt", "small", state, note="state_dict_ema")
    expected = {k.removeprefix("module."): v for k, v in ema.state_dict().items() if "." in k}
    cases.add("AveragedModel, by its part", "ema.pt#state_dict_ema", "small", expected)
    torch.save(averaged, cases.path / "averaged-module.pt")
    cases.add("AveragedModel, the whole module", "averaged-module.pt", "small", state)
    sharded = {f"_fsdp_wrapped_module.{wrap_part(k)}": v for k, v in state.items()}
    torch.save(sharded, cases.path / "fsdp.pt")
    cases.add("FSDP's names", "fsdp.pt", "small", state)
    recomputed = copy.deepcopy(module)
    recomputed.conv2 = checkpoint_wrapper(recomputed.conv2)
    names = {k.replace("conv2.", "conv2._checkpoint_wrapped_module."): v for k, v in state.items()}
    assert recomputed.state_dict().keys() == state.keys()  # the wrapper removes its own name
    torch.save(names, cases.path / "recomputed.pt")
    cases.add("names of recomputed parts", "recomputed.pt", "small", state)
    deepspeed = {
        "module": {f"module.{k}": v for k, v in state.items()},
        "buffer_names": ["bn1.running_mean", "bn1.running_var"],
        "optimizer": None,
        "param_shapes": [collections.OrderedDict((k, v.shape) for k, v in state.items())],
        "dp_world_size": 1,
        "ds_config": {"zero_optimization": {"stage": 1}},
        "ds_version": "0.19.8",
    }
    torch.save(deepspeed, cases.path / "mp_rank_00_model_states.pt")
    cases.add("DeepSpeed's stage 1, by hand", "mp_rank_00_model_states.pt", "small", state)
    empty = {**deepspeed, "module": {k: torch.empty(0) for k in state}}
    path = cases.path / "zero_pp_rank_0_mp_rank_00_model_states.pt"
    torch.save(empty, path)
    cases.add("DeepSpeed's stage 3, by hand", path, "small", refusal="zero_to_fp32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save({"model": state}, checkpoint_id=cases.path / "distributed")
    cases.add("torch.distributed.checkpoint", "distributed", "small", refusal="dcp_to_torch")


def wrap_part(name: str) -> str:
    """Return a name with FSDP's own inside of it."""
    first, _, rest = name.partition(".")
    return f"{first}._fsdp_wrapped_module.{rest}"


def write_rest(cases: CaseFolder) -> None:
    """Write weights with objects beside them, as research code does."""
    module = trained(small())
    state = module.state_dict()
    optimizer = torch.optim.AdamW(module.parameters())
    sum(p.sum() for p in module.parameters()).backward()  # type: ignore[union-attr]
    optimizer.step()
    state = copy.deepcopy(module.state_dict())
    everything = {
        "model": state,
        "optimizer": optimizer.state_dict(),
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 3).state_dict(),
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, output=pathlib.PurePosixPath("/out")),
        "best": np.float64(71.2),
        "curve": np.arange(3.0),
        "when": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        "phase": Phase.WARM_UP,
        "counts": collections.Counter("abca"),
        "lists": collections.defaultdict(list, a=[1]),
        "more": types.SimpleNamespace(a=1),
        "random": (torch.get_rng_state(), np.random.get_state()),
    }
    torch.save(everything, cases.path / "everything.pt")
    cases.add("optimizer, Namespace, NumPy, enum, path, date ...", "everything.pt", "small", state)
    torch.save(everything, cases.path / "everything-old.pt", **LEGACY)
    cases.add("the same, before 1.6", "everything-old.pt", "small", state)
    torch.save({"optimizer": optimizer.state_dict()}, cases.path / "optimizer.pt")
    cases.add("an optimizer alone", "optimizer.pt", "small", refusal="no weights by name")
    torch.save({"teacher": trained(small(), 2).state_dict(), "student": state}, cases.path / "t.pt")
    cases.add("teacher and student", "t.pt#student", "small", state)


def write_numbers(cases: CaseFolder) -> None:
    """Write other kinds of numbers, and shared and normalized weights."""
    state = trained(small()).state_dict()
    kinds = (torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2)
    for kind in kinds:
        cast = {k: v.to(kind) if v.is_floating_point() else v for k, v in state.items()}
        name = str(kind).removeprefix("torch.")
        torch.save(cast, cases.path / f"{name}.pt")
        expected = {k: v.to(state[k].dtype) for k, v in cast.items()}
        cases.add(name, f"{name}.pt", "small", expected)
    whole = {k: (v * 1000).to(torch.uint16) if v.dim() > 1 else v for k, v in state.items()}
    torch.save(whole, cases.path / "uint16.pt")
    cases.add("uint16 without a scale", "uint16.pt", "small", refusal="uint16")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = {
            k: torch.quantize_per_tensor(v, 0.01, 0, torch.qint8) if v.dim() > 1 else v
            for k, v in state.items()
        }
        torch.save(packed, cases.path / "qint8.pt")
        expected = {k: v.dequantize() for k, v in packed.items()}
    cases.add("qint8", "qint8.pt", "small", expected, note="quantized")
    sparse = {k: v.to_sparse() if v.dim() == 2 else v for k, v in state.items()}
    torch.save(sparse, cases.path / "sparse.pt")
    cases.add("sparse", "sparse.pt", "small", state)
    shared = trained(tied())
    torch.save(shared.state_dict(), cases.path / "tied.pt")
    cases.add("shared weights", "tied.pt", "tied", shared.state_dict())
    save_model(shared, str(cases.path / "tied.safetensors"))
    cases.add("safetensors, shared weights once", "tied.safetensors", "tied", shared.state_dict())
    save_file(state, cases.path / "plain.safetensors", {"epoch": "3"})
    cases.add("safetensors", "plain.safetensors", "small", state)
    arrays = {k: v.numpy() for k, v in state.items()}
    np.savez(cases.path / "plain.npz", **arrays)  # type: ignore[arg-type]
    cases.add("np.savez", "plain.npz", "small", state)
    np.savez_compressed(cases.path / "packed.npz", **arrays)  # type: ignore[arg-type]
    cases.add("np.savez_compressed", "packed.npz", "small", state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old, new = trained(normed_old()), trained(normed_new(), 2)
        as_new, as_old = normed_new(), normed_old()
    as_new.load_state_dict(old.state_dict())  # torch's own translation
    torch.save(old.state_dict(), cases.path / "normed-old.pt")
    cases.add("weight norm, old to new", "normed-old.pt", "normed_new", as_new.state_dict())
    torch.save(new.state_dict(), cases.path / "normed-new.pt")
    as_old.load_state_dict({old_name(k): v for k, v in new.state_dict().items()})
    cases.add("weight norm, new to old", "normed-new.pt", "normed_old", as_old.state_dict())


def old_name(name: str) -> str:
    """Return what a weight of a parametrization was called before there were any."""
    name = name.replace("parametrizations.weight.original0", "weight_g")
    return name.replace("parametrizations.weight.original1", "weight_v")


def write_tar(cases: CaseFolder) -> None:
    """Write the tar form of torch 0.1, which no torch of today writes, and check it by torch."""
    from tar_form import save_tar

    state: dict[str, Tensor] = trained(Small()).state_dict()
    state = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    path = cases.path / "tar.pth"
    save_tar(state, path)
    read = torch.load(path, weights_only=False)  # a file of ours
    assert all(torch.equal(read[name], value) for name, value in state.items())
    cases.add("the tar of torch 0.1, by hand", path, "small", state)


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"torch {torch.__version__.partition('+')[0]}")
    for write in (write_forms, write_modules, write_wrapped, write_rest, write_numbers, write_tar):
        write(cases)


if __name__ == "__main__":
    main()
