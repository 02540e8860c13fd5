"""Write checkpoints of transformers: ``python tests/savers/make_transformers.py FOLDER``.

Needs ``transformers==5.24.0`` and ``accelerate==1.15.0``.
"""

import torch
import transformers
from cases import CaseFolder
from networks import SIDE, trained, transformers_resnet, transformers_vit
from transformers import Trainer, TrainingArguments, ViTImageProcessor


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"transformers {transformers.__version__}")
    vit = trained(transformers_vit())
    state = vit.state_dict()
    vit.save_pretrained(cases.path / "vit")
    processor = ViTImageProcessor(size={"height": SIDE, "width": SIDE})
    processor.save_pretrained(cases.path / "vit")
    cases.add("save_pretrained, ViT", "vit", "", state)
    cases.add("save_pretrained, into one's own", "vit/model.safetensors", "transformers_vit", state)
    vit.save_pretrained(cases.path / "shards", max_shard_size="20KB")
    assert (cases.path / "shards/model.safetensors.index.json").is_file()
    cases.add("save_pretrained, shards", "shards", "", state)
    index = "shards/model.safetensors.index.json"
    cases.add("save_pretrained, their index", index, "transformers_vit", state)
    shard = min(path.name for path in (cases.path / "shards").glob("model-*.safetensors"))
    cases.add("save_pretrained, one of the shards", f"shards/{shard}", "transformers_vit", state)
    torch.save(state, cases.path / "state.bin")
    cases.add("state_dict", "state.bin", "transformers_vit", state)
    resnet = trained(transformers_resnet())
    resnet.save_pretrained(cases.path / "resnet")
    cases.add("save_pretrained, ResNet", "resnet", "", resnet.state_dict())
    arguments = TrainingArguments(
        str(cases.path / "trainer"), max_steps=1, use_cpu=True, report_to=[], disable_tqdm=True
    )
    data = [{"pixel_values": torch.rand(3, SIDE, SIDE), "labels": n % 3} for n in range(4)]
    trainer = Trainer(vit, arguments, train_dataset=data)  # type: ignore[arg-type]
    trainer.train()
    trainer.save_model(str(cases.path / "trained"))
    now = vit.state_dict()
    cases.add("Trainer.save_model", "trained", "", now)
    cases.add("Trainer's checkpoint folder", "trainer/checkpoint-1", "", now)
    optimizer = "trainer/checkpoint-1/optimizer.pt"
    cases.add("Trainer's optimizer", optimizer, "transformers_vit", refusal="no weights by name")
    arguments_file = "trainer/checkpoint-1/training_args.bin"
    cases.add(
        "Trainer's arguments", arguments_file, "transformers_vit", refusal="no weights by name"
    )


if __name__ == "__main__":
    main()
