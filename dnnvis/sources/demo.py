"""Pan gently over real photographs that every installation has."""

import math
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.opencv import opencv

WIDTH, HEIGHT, RATE = 640, 480, 30.0
SHOT_FRAMES = 180  # frames a photograph lasts
FADE_FRAMES = 20  # frames in which the next one takes over
PHOTOGRAPH_MARGIN = 1.25  # how much larger than the frame a photograph is loaded

# Their labels, in the order of showing: things that SqueezeNet has a class of, or one near it.
PHOTOGRAPHS = {
    "chelsea.png": "cat",
    "coffee.png": "espresso",
    "motorcycle_left.png": "motorcycle",
    "camera.png": "camera on a tripod",
    "page.png": "page of a book",
}

#: The labels of those that scikit-image has under CC0.
PUBLIC_DOMAIN = ("cat", "espresso", "camera on a tripod")


class CropView(NamedTuple):
    """A window into a photograph."""

    #: Vertical middle, as a fraction of the way between the photograph's edges.
    y: float
    #: Horizontal middle, likewise.
    x: float
    #: Fraction of the greatest possible window.
    size: float


# From where to where each shot goes; shots take them in turn.
CAMERA_PATHS = (
    (CropView(0.2, 0.2, 1.0), CropView(0.3, 0.7, 0.72)),
    (CropView(0.5, 0.9, 0.75), CropView(0.5, 0.1, 0.95)),
    (CropView(0.9, 0.5, 0.72), CropView(0.2, 0.5, 1.0)),
)


class Demo:
    """Pan and zoom over the photographs inside scikit-image's package, 640 x 480 at 30/s.

    ``frame_at(n)`` depends on n alone. Photographs are loaded when their turn comes and two
    are cached, so that neither start nor memory pays for all.
    """

    name = "demo"
    live = False
    rate = RATE

    def __init__(self, folder: Path | None = None) -> None:
        """Set the folder of the photographs, if it is not scikit-image's package."""
        self._folder = folder
        self._files: list[Path] = []
        self._next = 0
        self._load_photograph: Callable[[Path], NDArray[np.uint8]] = lru_cache(2)(load_photograph)

    def __enter__(self) -> Self:
        """List the photographs; raise BadInput where none is installed."""
        folder = self._folder or photograph_folder()
        self._files = [folder / name for name in PHOTOGRAPHS if (folder / name).is_file()]
        if not self._files:
            raise BadInput(
                f"There are no photographs in {folder}; install scikit-image again, or choose a "
                "picture, film or camera."
            )
        self._next = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._load_photograph = lru_cache(2)(load_photograph)

    @property
    def length(self) -> int:
        """Return the number of frames until it starts over."""
        return math.lcm(len(self._files), len(CAMERA_PATHS)) * SHOT_FRAMES

    @property
    def position(self) -> float:
        """Return the position of the last frame in the walk, in [0, 1]."""
        return max(self._next - 1, 0) % self.length / (self.length - 1)

    def read(self) -> Frame:
        """Return the next frame; never the last."""
        self._next += 1
        return self.frame_at(self._next - 1)

    def move(self, steps: int) -> None:
        """Move by so many frames."""
        self._next = max(self._next - 1 + steps, 0)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the walk."""
        self._next = round(min(max(fraction, 0.0), 1.0) * (self.length - 1))

    def frame_at(self, number: int) -> Frame:
        """Return frame ``number`` of the walk; the name of the photograph is its label."""
        shot, step = divmod(number, SHOT_FRAMES)
        if shot > 0 and step < FADE_FRAMES:
            fraction = _ease((step + 1) / (FADE_FRAMES + 1))
            previous = self._crop_at(shot - 1, SHOT_FRAMES + step)
            pixels = opencv().addWeighted(
                previous, 1 - fraction, self._crop_at(shot, step), fraction, 0.0
            )
        else:
            pixels = self._crop_at(shot, step)
        label = PHOTOGRAPHS[self._file(shot).name]
        return Frame(pixels, number=number, source=self.name, label=label)

    def _crop_at(self, shot: int, step: int) -> NDArray[np.uint8]:
        start, stop = CAMERA_PATHS[shot % len(CAMERA_PATHS)]
        fraction = _ease(step / (SHOT_FRAMES + FADE_FRAMES - 1))
        view = CropView(*(a + fraction * (b - a) for a, b in zip(start, stop, strict=True)))
        return crop_photograph(self._load_photograph(self._file(shot)), view)

    def _file(self, shot: int) -> Path:
        return self._files[shot % len(self._files)]


def photograph_folder() -> Path:
    """Return scikit-image's folder of photographs, without importing it, which is slow.

    Raises BadInput where it is not installed.
    """
    # A copy of the path: another thread may be opening a user's file, which changes it.
    spec = PathFinder.find_spec("skimage", list(sys.path))
    if spec is None or not spec.submodule_search_locations:
        raise BadInput("The demo needs scikit-image: pip install scikit-image.")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def load_photograph(file: Path) -> NDArray[np.uint8]:
    """Load RGB pixels, scaled so that PHOTOGRAPH_MARGIN times the frame just fits into them."""
    cv2 = opencv()
    data = np.fromfile(file, np.uint8)  # cv2.imread knows no foreign letters on Windows
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise BadInput(f"{file} is broken; install scikit-image again.")
    height, width = picture.shape[:2]
    scale = PHOTOGRAPH_MARGIN * max(WIDTH / width, HEIGHT / height)
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (max(round(width * scale), WIDTH), max(round(height * scale), HEIGHT))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=interpolation)[:, :, ::-1])


def crop_photograph(picture: NDArray[np.uint8], view: CropView) -> NDArray[np.uint8]:
    """Return what of ``picture`` is seen, (HEIGHT, WIDTH, 3); never past its edges."""
    cv2 = opencv()
    height, width = picture.shape[:2]
    zoom = view.size * min(width / WIDTH, height / HEIGHT)  # picture pixels per frame pixel
    top = view.y * (height - 1 - zoom * (HEIGHT - 1))
    left = view.x * (width - 1 - zoom * (WIDTH - 1))
    transform = np.array([[zoom, 0, left], [0, zoom, top]], np.float32)
    interpolation = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cropped: NDArray[np.uint8] = cv2.warpAffine(
        picture, transform, (WIDTH, HEIGHT), flags=interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    return cropped


def _ease(fraction: float) -> float:
    """Map 0 to 1 onto itself, slow at both ends."""
    return 0.5 - 0.5 * math.cos(math.pi * min(max(fraction, 0.0), 1.0))


def write_frames(folder: Path, per_shot: int = 8) -> int:
    """Write frames of the walk as PNG files in a folder for each label; return how many.

    ``python -m dnnvis.sources.demo FOLDER``: the data from which the libraries that ship have their
    examples, of the photographs that their authors gave to the public domain.
    """
    count = 0
    with Demo() as demo:
        for shot in range(demo.length // SHOT_FRAMES):
            for part in range(per_shot):
                step = FADE_FRAMES + (part + 0.5) * (SHOT_FRAMES - FADE_FRAMES) / per_shot
                frame = demo.frame_at(shot * SHOT_FRAMES + int(step))
                if frame.label not in PUBLIC_DOMAIN:
                    continue
                path = folder / str(frame.label) / f"{frame.number:05d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                ok, data = opencv().imencode(".png", np.ascontiguousarray(frame.pixels[..., ::-1]))
                assert ok
                path.write_bytes(bytes(data))
                count += 1
    return count


if __name__ == "__main__":
    print(f"{write_frames(Path(sys.argv[1]))} frames")
