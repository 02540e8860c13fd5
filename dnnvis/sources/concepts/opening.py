"""Open a set of concepts by what a user writes: a path, or ``made``."""

import re
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.class_folder import ClassConcepts
from dnnvis.sources.concepts.concept_set import LabeledConcepts
from dnnvis.sources.concepts.label_me import LabelMeFolder
from dnnvis.sources.concepts.life_boards import BoardConcepts
from dnnvis.sources.concepts.mask_folder import IMAGES, MASKS, MaskFolder
from dnnvis.sources.concepts.synthetic import DEFAULT_PICTURES, SyntheticConcepts
from dnnvis.sources.data.arrays import ArrayImages
from dnnvis.sources.datasets import Dataset, ImageFolder, open_data

SYNTHETIC = "made"
_SYNTHETIC = re.compile(r"made(?::(?P<seed>\d{1,9}))?")


def open_concepts(
    text: str | Path,
    size: tuple[int, int],
    *,
    channels: int = 3,
    boards: bool = False,
    pictures: int | None = None,
) -> LabeledConcepts:
    """Open a set of concepts.

    Args:
        text: ``made`` (or ``made:SEED``); a folder with ``images`` and ``masks``; a folder with
            JSON files of labelme; or any data set with classes, as a folder for each class.
        size: The network's input (H, W), the size of pictures that are made.
        channels: The network's channels.
        boards: Whether the network takes boards of the Game of Life.
        pictures: How many pictures are made; None: 1,000.

    Returns:
        The concepts.

    Raises:
        BadInput: There is nothing, or something that is not as described.
    """
    match = _SYNTHETIC.fullmatch(str(text))
    if match is not None and not Path(text).exists():
        count, seed = pictures or DEFAULT_PICTURES, int(match["seed"] or 0)
        if boards:
            return BoardConcepts(size, pictures=count, seed=seed)
        return SyntheticConcepts(size, channels=channels, pictures=count, seed=seed)
    path = Path(text).expanduser()
    if (path / MASKS).is_dir() and (path / IMAGES).is_dir():
        return MaskFolder(path)
    if (path / MASKS).is_dir() or _is_images_alone(path):
        present, absent = (MASKS, IMAGES) if (path / MASKS).is_dir() else (IMAGES, MASKS)
        raise BadInput(
            f"{path} has the folder {present}, but no folder {absent}; concepts are "
            f"{IMAGES}/NAME.jpg with {MASKS}/CONCEPT/NAME.png."
        )
    if path.is_dir() and any(path.glob("*.json")):
        return LabelMeFolder(path)
    data = open_data(path)
    try:
        return ClassConcepts(data, list_labels(data))
    except BaseException:
        data.close()
        raise


def _is_images_alone(path: Path) -> bool:
    """Return whether a folder ``images`` is all that there is."""
    if not (path / IMAGES).is_dir():
        return False
    folders = [entry for entry in path.iterdir() if entry.is_dir()]
    return len(folders) == 1 and not any(entry.is_dir() for entry in (path / IMAGES).iterdir())


def list_labels(data: Dataset) -> tuple[str, ...]:
    """Return the class of each picture of a data set, "" where it has none.

    Of a folder it is its folder's name, known without decoding; else each picture is read once,
    but an unreadable one is of no class.
    """
    if isinstance(data, ImageFolder | ArrayImages):
        return tuple(data.label(number) for number in range(len(data)))
    return tuple(_read_label(data, number) for number in range(len(data)))


def _read_label(data: Dataset, number: int) -> str:
    try:
        return data.read(number)[1].label
    except BadInput:
        return ""
