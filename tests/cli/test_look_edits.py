"""``dnnvis look --edit``: the edited network, and again from its recipe."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.lenses.look import look
from dnnvis.zoo.catalog import open_network
from helpers.command_line import Say


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


def test_a_picture_of_the_edited_network_is_made_again_from_its_recipe(
    dnnvis: Say, picture: Path, tmp_path: Path
) -> None:
    first, again = tmp_path / "first.npy", tmp_path / "again.npy"
    drawn = tmp_path / "first.png"
    words = ["look", "net2-cifar10", "output[3]", "--lens", "gradient", "--image", str(picture)]
    edit = ["--edit", "conv2[0:40] = 0", "--edit", "conv1 *= 0.5"]
    assert dnnvis(*words, *edit, "-o", str(first)).status == 0
    assert dnnvis(*words, *edit, "-o", str(drawn)).status == 0
    net = open_network("net2-cifar10")
    with net.edited("conv2[0:40] = 0", "conv1 *= 0.5"):
        expected = look(net, "gradient", "output[3]", image=np.asarray(Image.open(picture)))
    np.testing.assert_array_equal(np.load(first), expected.values)
    done = dnnvis("look", "--recipe", str(drawn), "--json", "-o", str(again))
    assert done.status == 0
    line = json.loads(done.out)
    assert line["differs"] == []
    assert line["recipe"]["network"]["edits"] == ["conv2[0:40] = 0", "conv1 *= 0.5"]
    np.testing.assert_array_equal(np.load(again), expected.values)


@pytest.mark.parametrize(
    ("edit", "message"),
    [("conv9[0] = 0", "no layer"), ("conv2[0]", "is no edit"), ("conv2[0] = nan", "finite")],
)
def test_an_edit_that_cannot_be_is_one_sentence(
    dnnvis: Say, edit: str, message: str, tmp_path: Path
) -> None:
    output = str(tmp_path / "x.png")
    done = dnnvis("look", "net2-cifar10", "output[3]", "--edit", edit, "-o", output)
    assert done.status == 2
    assert message in done.err
    assert done.err.count("\n") == 1
