import gzip
import io
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.training.datasets import cifar, mnist

Labelled = tuple[Tensor, Tensor]
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"


@pytest.mark.parametrize("inside", ["", "raw", "MNIST/raw"])
def test_mnist_is_read_plain_and_packed_from_every_usual_folder(
    mnist_folder: Path, digits: Labelled, tmp_path_factory: pytest.TempPathFactory, inside: str
) -> None:
    place = tmp_path_factory.mktemp("data")
    shutil.copytree(mnist_folder, place / inside, dirs_exist_ok=True)
    for part in ("train", "test"):
        images, labels = mnist(place, part)
        assert images.dtype == torch.uint8
        assert labels.dtype == torch.int64
        assert torch.equal(images, digits[0])
        assert torch.equal(labels, digits[1])


def cut(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])


SPOILED: dict[str, Callable[[Path], object]] = {
    "a file is missing": lambda f: (f / IMAGES).unlink(),
    "the pictures are cut short": lambda f: cut(f / IMAGES, 5000),
    "only the header is left": lambda f: cut(f / IMAGES, 16),
    "half the header is left": lambda f: cut(f / IMAGES, 9),
    "three bytes are left": lambda f: cut(f / IMAGES, 3),
    "nothing is left": lambda f: cut(f / IMAGES, 0),
    "the packed labels are cut short": lambda f: cut(f / LABELS, 30),
    "the labels are not packed": lambda f: (f / LABELS).write_bytes(b"no gzip at all"),
    "the labels are damaged": lambda f: (f / LABELS).write_bytes(
        (f / LABELS).read_bytes()[:12] + b"\xff" * 40
    ),
    "the file is a picture": lambda f: (f / IMAGES).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90)),
    "there is more than the header says": lambda f: (f / IMAGES).write_bytes(
        (f / IMAGES).read_bytes() + b"x"
    ),
    "the labels are of another set": lambda f: (f / LABELS).write_bytes(
        gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]))
    ),
    "the pictures are of another size": lambda f: (f / IMAGES).write_bytes(
        bytes([0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 0, 5, 0, 0, 0, 5]) + bytes(64 * 25)
    ),
    "the header promises the moon": lambda f: (f / IMAGES).write_bytes(
        bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(100)
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_mnist_is_told_of_in_a_sentence(
    mnist_folder: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(mnist_folder)
    with pytest.raises(BadInput) as why:
        mnist(mnist_folder, "train")
    assert str(mnist_folder) in str(why.value)
    assert "\n" not in str(why.value)


def picture(seed: int, side: int = 32) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def cifar_folder(tmp_path: Path) -> Path:
    root = tmp_path / "cifar"
    for k, (part, name) in enumerate(
        (part, name) for part in ("train", "test") for name in ("frog", "cat", "ship")
    ):
        folder = root / part / name
        folder.mkdir(parents=True)
        for n in (10, 9, 1):
            (folder / f"{n}.png").write_bytes(picture(10 * k + n))
    return root


def packed(folder: Path, place: Path, *, prefix: str, mode: str = "w") -> Path:
    with tarfile.open(place, mode) as tar:
        files = sorted(folder.rglob("*.*"), reverse=True)  # in no helpful order
        for file in files:
            tar.add(file, f"{prefix}{file.relative_to(folder).as_posix()}")
    return place


@pytest.mark.parametrize("prefix", ["", "./", "cifar10/", "deep/er/"])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_cifar_from_a_tar_is_cifar_from_its_folder(
    cifar_folder: Path, tmp_path: Path, prefix: str, mode: str
) -> None:
    place = packed(cifar_folder, tmp_path / "cifar.tar", prefix=prefix, mode=mode)
    for part in ("train", "test"):
        images, labels, classes = cifar(cifar_folder, part)
        from_tar = cifar(place, part)
        assert torch.equal(images, from_tar[0])
        assert torch.equal(labels, from_tar[1])
        assert classes == from_tar[2] == ["cat", "frog", "ship"]
        assert images.shape == (9, 3, 32, 32)
        assert images.dtype == torch.uint8


def test_the_pictures_are_rgb_and_lie_with_their_class(cifar_folder: Path) -> None:
    images, labels, classes = cifar(cifar_folder, "train")
    with Image.open(cifar_folder / "train" / "frog" / "10.png") as file:
        frog = np.asarray(file.convert("RGB"))
    found = [k for k in range(9) if np.array_equal(images[k].permute(1, 2, 0).numpy(), frog)]
    assert [classes[labels[k]] for k in found] == ["frog"]


def test_what_is_no_picture_is_left_aside_in_a_folder_and_in_a_tar(
    cifar_folder: Path, tmp_path: Path
) -> None:
    before = cifar(cifar_folder, "train")[0]
    (cifar_folder / "train" / "cat" / "notes.txt").write_text("no picture")
    (cifar_folder / "train" / "cat" / "._1.png").write_bytes(b"a Mac was here")
    place = packed(cifar_folder, tmp_path / "cifar.tar", prefix="")
    assert torch.equal(cifar(cifar_folder, "train")[0], before)
    assert torch.equal(cifar(place, "train")[0], before)


def test_a_broken_picture_is_named(cifar_folder: Path) -> None:
    (cifar_folder / "train" / "cat" / "1.png").write_bytes(picture(1)[:50])
    with pytest.raises(BadInput, match=r"cat/1\.png is broken"):
        cifar(cifar_folder, "train")
    (cifar_folder / "train" / "cat" / "1.png").write_bytes(b"")
    with pytest.raises(BadInput, match=r"cat/1\.png is empty"):
        cifar(cifar_folder, "train")


def test_a_picture_of_another_size_is_named(cifar_folder: Path) -> None:
    (cifar_folder / "train" / "ship" / "9.png").write_bytes(picture(1, 31))
    with pytest.raises(BadInput, match=r"ship/9\.png is not 32 x 32"):
        cifar(cifar_folder, "train")


def test_a_place_without_cifar_is_told_of(tmp_path: Path, cifar_folder: Path) -> None:
    with pytest.raises(BadInput, match="neither a folder nor a tar file"):
        cifar(tmp_path / "nowhere", "train")
    (tmp_path / "text.tar").write_text("no tar at all")
    with pytest.raises(BadInput, match="neither a folder nor a tar file"):
        cifar(tmp_path / "text.tar", "train")
    with pytest.raises(BadInput, match=r"no pictures under valid/<class>/"):
        cifar(cifar_folder, "valid")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_cut_short_is_told_of(cifar_folder: Path, tmp_path: Path, mode: str) -> None:
    place = packed(cifar_folder, tmp_path / "cifar.tar", prefix="", mode=mode)
    with tarfile.open(place) as tar:
        middle = tar.getmembers()[9].offset_data + 1000
    cut(place, middle if mode == "w" else place.stat().st_size // 2)
    with pytest.raises(BadInput):
        cifar(place, "train")
