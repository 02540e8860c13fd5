"""Read the picture that an automaton is to grow."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.canvas.salamander import draw_salamander
from dnnvis.sources.demo import photograph_folder
from dnnvis.sources.images.decode import decode_file
from dnnvis.sources.images.limits import check_size
from dnnvis.sources.images.pillow import open_image

if TYPE_CHECKING:
    from PIL.Image import Image

SIDES = 4, 96  # pixels of a target's longer side, at least and at most
SALAMANDER = "salamander"
OWN_DRAWING = "a fire salamander in blue, drawn by dnnvis"


@dataclass(frozen=True)
class Photograph:
    """A photograph that comes with scikit-image."""

    #: Name of its file.
    file: str
    #: What is cut out of it (left, top, right, bottom), in pixels.
    box: tuple[int, int, int, int]
    #: What it shows, who took it, and under which license it is.
    about: str


PHOTOGRAPHS = {
    "coffee": Photograph(
        "coffee.png",
        (100, 0, 500, 400),
        "a cup of espresso, photograph by Rachel Michetti, CC0, from scikit-image",
    ),
    "chelsea": Photograph(
        "chelsea.png",
        (95, 15, 365, 285),
        "the face of Chelsea the cat, photograph by Stefan van der Walt, CC0, from scikit-image",
    ),
}


@dataclass(frozen=True, eq=False)
class GrowthTarget:
    """A picture to grow."""

    #: Name for files: letters, digits, - and _.
    name: str
    #: What it shows, in words.
    about: str
    #: float32 (H, W, 4) in [0, 1]: red, green and blue, multiplied by alpha, and alpha.
    pixels: NDArray[np.float32]

    @property
    def digest(self) -> str:
        """Return the sha256 over the pixels, in hex."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


def read_target(text: str, side: int = 40) -> GrowthTarget:
    """Read a target: ``salamander``, a photograph's name (``coffee``), or the file of a picture.

    A picture whose longer side has more than ``side`` pixels is made smaller; none is enlarged. Its
    transparency is kept.

    Args:
        text: The name or the path.
        side: Pixels of the longer side at most.

    Returns:
        The target.

    Raises:
        BadInput: There is no such picture, it cannot be read, or nothing of it is to be seen.
    """
    if not SIDES[0] <= side <= SIDES[1]:
        raise BadInput(f"A target is {SIDES[0]} to {SIDES[1]} pixels long, not {side}.")
    if text == SALAMANDER:
        return GrowthTarget(text, OWN_DRAWING, premultiply(draw_salamander(side)))
    if text in PHOTOGRAPHS:
        photograph = PHOTOGRAPHS[text]
        image = _open_rgba(photograph_folder() / photograph.file).crop(photograph.box)
        return GrowthTarget(text, photograph.about, premultiply(_reduce(image, side)))
    path = Path(text).expanduser()
    if not path.is_file():
        names = ", ".join((SALAMANDER, *PHOTOGRAPHS))
        raise BadInput(f"There is no picture '{text}'; give the file of one, or one of {names}.")
    pixels = premultiply(_reduce(_open_rgba(path), side))
    if not (pixels[..., 3] > 0.1).any():
        raise BadInput(f"{path} is transparent everywhere; there is nothing to grow.")
    return GrowthTarget(_name_for_files(path.stem), f"the picture {path.name}", pixels)


def premultiply(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return RGBA (H, W, 4) in [0, 1] with the colors multiplied by alpha."""
    values = rgba.astype(np.float32) / np.float32(255)
    values[..., :3] *= values[..., 3:]
    return values


def _open_rgba(path: Path) -> "Image":
    from PIL import Image, ImageOps  # lazy: other sources do without it

    with open_image(path, str(path)) as image:
        check_size(str(path), *image.size)
        if not image.has_transparency_data:
            return Image.fromarray(decode_file(path).pixels[..., :3]).convert("RGBA")
        try:
            return ImageOps.exif_transpose(image).convert("RGBA")
        except Exception:  # a decoder may raise anything over a broken file
            raise BadInput(f"{path} is broken or cut short; get a whole copy of it.") from None


def _reduce(image: "Image", side: int) -> NDArray[np.uint8]:
    """Return RGBA at most ``side`` long; transparent pixels lend no color to their neighbors."""
    from PIL import Image

    scale = side / max(image.size)
    if scale < 1:
        width, height = (max(1, round(length * scale)) for length in image.size)
        premultiplied = image.convert("RGBa").resize((width, height), Image.Resampling.LANCZOS)
        image = premultiplied.convert("RGBA")
    return np.asarray(image)


def _name_for_files(stem: str) -> str:
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in stem)
    return name.strip("-").lower() or "picture"
