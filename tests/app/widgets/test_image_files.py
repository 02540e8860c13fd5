"""Names of the files that pictures are saved to."""

import numpy as np

from dnnvis.app.widgets import image_files
from dnnvis.core.lens_results import Picture


def test_file_names_hold_nothing_a_file_system_forbids() -> None:
    name = image_files.file_name(Picture(np.ones((1, 1, 1)), unit="a/b[3]", frame=7), "guided")
    assert name == "guided a-b[3] frame 7"
