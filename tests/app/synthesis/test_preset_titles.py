"""The pictures of the presets that ship."""

import cv2

from dnnvis.app.synthesis import preset_titles
from dnnvis.lenses.ascent.presets import PRESETS


def test_every_preset_for_pictures_has_its_own_and_all_are_small() -> None:
    files = {name: preset_titles.picture_path(name) for name in PRESETS if name != "board"}
    assert all(files.values()), [name for name, path in files.items() if path is None]
    pictures = {name: cv2.imread(str(path)) for name, path in files.items()}
    assert {picture.shape for picture in pictures.values()} == {(96, 96, 3)}
    assert len({picture.tobytes() for picture in pictures.values()}) == len(files)
    assert sum(path.stat().st_size for path in files.values() if path) <= 150_000
