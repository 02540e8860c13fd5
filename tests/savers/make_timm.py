"""Write checkpoints of timm: ``python tests/savers/make_timm.py FOLDER``.

Needs ``timm==1.0.31``.
"""

from argparse import Namespace

import timm
import torch
from cases import CaseFolder
from networks import timm_resnet, trained
from safetensors.torch import save_file
from timm.models import save_for_hf
from timm.utils import CheckpointSaver, ModelEmaV3


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"timm {timm.__version__}")
    module = trained(timm_resnet())
    state = module.state_dict()
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    args = Namespace(model="resnet10t", lr=0.1, opt_betas=None)
    average = ModelEmaV3(module, decay=0.9)
    folder = cases.path / "saver"
    folder.mkdir(exist_ok=True)
    with torch.no_grad():
        module.fc.bias.add_(1.0)
    average.update(module)
    saver = CheckpointSaver(
        module, optimizer, args, average, checkpoint_dir=str(folder), recovery_dir=str(folder)
    )
    saver.save_checkpoint(3, metric=71.2)
    for name in ("last.pth.tar", "model_best.pth.tar", "checkpoint-3.pth.tar"):
        form = f"CheckpointSaver, {name}"
        cases.add(form, f"saver/{name}", "timm_resnet", state, note="state_dict_ema")
    averaged = average.module.state_dict()
    form = "CheckpointSaver, its averaged part"
    cases.add(form, "saver/last.pth.tar#state_dict_ema", "timm_resnet", averaged)
    save_for_hf(module, cases.path / "hub", safe_serialization=True)
    cases.add("save_for_hf", "hub", "", state)
    cases.add("save_for_hf, into one's own", "hub", "timm_resnet", state)
    save_for_hf(module, cases.path / "hub-bin", safe_serialization=False)
    cases.add("save_for_hf, pytorch_model.bin", "hub-bin", "", state)
    torch.save(state, cases.path / "state.pth")
    cases.add("state_dict", "state.pth", "timm_resnet", state)
    save_file(state, cases.path / "state.safetensors")
    cases.add("safetensors", "state.safetensors", "timm_resnet", state)
    torch.save(average.state_dict(), cases.path / "ema.pth")
    cases.add("ModelEmaV3", "ema.pth", "timm_resnet", averaged)


if __name__ == "__main__":
    main()
