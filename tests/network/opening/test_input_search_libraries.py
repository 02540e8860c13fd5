"""Networks of timm and transformers, as their libraries build them; skipped without these."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.checkpoint import load_weights, read_checkpoint
from dnnvis.network.opening.input_call import HeldInput, InputCall

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
VISION = SMALL | {"image_size": 32, "patch_size": 8}
TEXT = SMALL | {"vocab_size": 99, "max_position_embeddings": 16}
pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries, about themselves


@pytest.fixture
def transformers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return pytest.importorskip("transformers", reason="transformers is not installed")


def picture(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


def as_input(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def test_a_network_of_timm_says_its_scale_and_gray_ones_open(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    path = tmp_path / "own.py"
    path.write_text(
        "import timm\n"
        "def color(): return timm.create_model('test_resnet')\n"
        "def gray(): return timm.create_model('test_resnet', in_chans=1)\n"
    )
    config = timm.create_model("test_resnet").pretrained_cfg
    net = dnnvis.open(f"{path}:color", trust_code=True)
    assert net.card.mean == tuple(config["mean"])
    assert net.card.size == tuple(config["input_size"][1:])
    assert "its pretrained_cfg" in net.notes[0]
    net = dnnvis.open(f"{path}:gray", trust_code=True)
    assert (net.card.channels, net.card.mean) == (1, (0.0,))


def test_clip_sees_pictures_beside_tokens_that_are_held(transformers: Any) -> None:
    config = transformers.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=16)
    module = transformers.CLIPModel(config).eval()
    net = dnnvis.wrap(module, size=32)
    held = HeldInput("input_ids", "tokens")
    assert net.input_call == InputCall("pixel_values", held=(held,))
    x = as_input(picture(32))
    with torch.no_grad():
        right = module(input_ids=held.build(x), pixel_values=x).logits_per_image[0].numpy()
    np.testing.assert_allclose(net.record(picture(32)).output, right, rtol=1e-4)


def test_films_get_copies_and_text_is_told_as_such(transformers: Any) -> None:
    film = transformers.VideoMAEModel(transformers.VideoMAEConfig(**VISION, num_frames=4))
    net = dnnvis.wrap(film, size=32)
    assert net.layers
    assert net.input_call == InputCall(form="frames", frames=4)
    bert: nn.Module = transformers.BertModel(transformers.BertConfig(**TEXT))
    with pytest.raises(BadInput, match=r"takes text \(input_ids\), not pictures"):
        dnnvis.wrap(bert, size=32)


def test_a_file_of_save_pretrained_fits_the_module_it_was_saved_from(
    transformers: Any, tmp_path: Path
) -> None:
    def build(seed: int) -> Any:
        torch.manual_seed(seed)
        return transformers.ViTForImageClassification(transformers.ViTConfig(**VISION)).eval()

    saved, other = build(1), build(2)
    saved.save_pretrained(tmp_path)
    checkpoint = read_checkpoint(tmp_path / "model.safetensors")
    assert set(checkpoint.state) != set(other.state_dict())  # the names are others
    load_weights(other, checkpoint.state)
    x = as_input(picture(32))
    with torch.no_grad():
        assert torch.equal(other(x).logits, saved(x).logits)
