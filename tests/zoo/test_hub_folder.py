"""Folders that transformers and timm save open as the networks that they describe."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.zoo.hub_folder import build_described

os.environ.setdefault("HF_HUB_OFFLINE", "1")
IMAGE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


def as_input(mean: float, std: float) -> torch.Tensor:
    x = torch.from_numpy(IMAGE).permute(2, 0, 1)[None].float() / 255
    return (x - mean) / std


@pytest.mark.parametrize("max_shard_size", ["5GB", "30KB"])
def test_a_folder_of_transformers_opens_as_its_network(max_shard_size: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    config = transformers.ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
        id2label={0: "ant", 1: "bee", 2: "cat"},
    )
    module = transformers.ViTForImageClassification(config).eval()
    module.save_pretrained(tmp_path, max_shard_size=max_shard_size)
    processor = {"image_mean": [0.4] * 3, "image_std": [0.2] * 3, "size": 32}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor))
    network = dnnvis.open(str(tmp_path))
    with torch.no_grad():
        expected = module(as_input(0.4, 0.2)).logits[0].numpy()
    assert network.record(IMAGE).output == pytest.approx(expected, abs=1e-5)
    assert network.card.labels == ("ant", "bee", "cat")
    assert network.card.mean == (0.4,) * 3
    assert any("from preprocessor_config.json" in note for note in network.notes)


def test_a_folder_of_timm_opens_as_its_network(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    from safetensors.torch import save_file

    torch.manual_seed(1)
    module = timm.create_model("resnet10t", num_classes=3).eval()
    save_file(module.state_dict(), tmp_path / "model.safetensors")
    config = {
        "architecture": "resnet10t.c3_in1k",
        "num_classes": 3,
        "label_names": ["ant", "bee", "cat"],
        "model_args": {"num_classes": 3, "checkpoint_path": "/nowhere.pth"},  # save_for_hf's
        "pretrained_cfg": {"mean": [0.4] * 3, "std": [0.2] * 3, "input_size": [3, 32, 32]},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    network = dnnvis.open(str(tmp_path / "model.safetensors"))
    with torch.no_grad():
        expected = module(as_input(0.4, 0.2))[0].numpy()
    assert network.record(IMAGE).output == pytest.approx(expected, abs=1e-4)
    assert network.card.labels == ("ant", "bee", "cat")


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"architectures": ["NoSuchNet"], "model_type": "vit"}, "NoSuchNet|not installed"),
        (
            {"architectures": ["Own"], "model_type": "own", "auto_map": {"AutoModel": "own.Own"}},
            "its own code, which dnnvis does not run|not installed",
        ),
        ({"architecture": "no_such_net", "num_classes": 3}, "cannot build|not installed"),
    ],
)
def test_what_no_library_here_has_is_refused_in_words(
    config: dict[str, object], match: str, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text("raise SystemExit('it ran')")
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match=match):
        build_described(tmp_path)


def test_a_folder_that_describes_nothing_is_none(tmp_path: Path) -> None:
    assert build_described(tmp_path) is None
    (tmp_path / "config.json").write_text('{"id2label": {"0": "a"}}')
    assert build_described(tmp_path) is None
