from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane import plane_pixels
from dnnvis.session.state import SourceChoice
from dnnvis.sources.catalog import source_for
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.plane.source import load_plane_data


@pytest.mark.parametrize(
    ("text", "data"),
    [("plane", "circle"), ("plane:spiral", "spiral"), ("plane:painted", "painted")],
)
def test_a_text_names_the_data_and_the_source_is_the_plane(text: str, data: str) -> None:
    choice = SourceChoice(**choice_from_text(text))
    assert (choice.kind, choice.path) == ("plane", data)
    with source_for(choice) as source:
        first, second = source.read(), source.read()
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.pixels, plane_pixels())
    np.testing.assert_array_equal(second.pixels, first.pixels)
    assert (source.rate, source.live) == (0, False)


def test_a_table_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,a\n2,3,b\n3,5,a\n4,4,b\n")
    choice = choice_from_text(f"plane:{path}#1,2,3")
    assert choice["path"] == f"{path}#1,2,3"
    assert load_plane_data(choice["path"]).axes == ("1", "2")


@pytest.mark.parametrize(
    ("text", "sentence"), [("plane:square", "no data for the plane"), ("plane:no.csv", "no file")]
)
def test_data_that_are_not_there_are_said(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        choice_from_text(text)


def test_data_come_by_name_with_noise_and_seed() -> None:
    plain, noisy = load_plane_data("xor"), load_plane_data("xor", noise=0.3)
    assert not np.array_equal(plain.points, noisy.points)
    painted = load_plane_data("painted", painted=(0, 0, 1, 1, 1, -1))
    assert len(painted.labels) == 2
