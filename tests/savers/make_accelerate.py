"""Write checkpoints of accelerate: ``python tests/savers/make_accelerate.py FOLDER``.

Needs ``accelerate==1.15.0``.
"""

import accelerate
import torch
from accelerate import Accelerator
from cases import CaseFolder
from networks import small, tied, trained


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"accelerate {accelerate.__version__}")
    module = trained(small())
    state = module.state_dict()
    accelerator = Accelerator(cpu=True)
    prepared, _ = accelerator.prepare(module, torch.optim.AdamW(module.parameters()))
    accelerator.save_model(prepared, cases.path / "model")
    cases.add("save_model", "model", "small", state)
    accelerator.save_model(prepared, cases.path / "shards", max_shard_size="2KB")
    assert (cases.path / "shards/model.safetensors.index.json").is_file()
    cases.add("save_model, shards", "shards", "small", state)
    accelerator.save_model(prepared, cases.path / "bin", safe_serialization=False)
    cases.add("save_model, pytorch_model.bin", "bin", "small", state)
    accelerator.save_state(str(cases.path / "state"))
    cases.add("save_state", "state", "small", state)
    accelerator.save_state(str(cases.path / "state-bin"), safe_serialization=False)
    cases.add("save_state, pytorch_model.bin", "state-bin", "small", state)
    accelerator.save(
        {"model": accelerator.get_state_dict(prepared), "step": 3}, cases.path / "a.pt"
    )
    cases.add("Accelerator.save", "a.pt", "small", state)
    cases.add("the optimizer", "state/optimizer.bin", "small", refusal="no weights by name")
    shared = trained(tied())
    accelerator.save_model(shared, cases.path / "tied")
    cases.add("save_model, shared weights", "tied", "tied", shared.state_dict())


if __name__ == "__main__":
    main()
