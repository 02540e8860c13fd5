"""Areas under ROC curves, and the file of largest values."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dnnvis.core.errors import BadInput
from dnnvis.library.dissection.roc import MIN_CLASS_PICTURES, MaximaFile, compute_auroc


def test_areas_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, (80, 5)).astype(np.float32)  # with many ties
    present = rng.random((80, 3)) < 0.3
    areas = compute_auroc(values, present)
    expected = [[roc_auc_score(present[:, k], values[:, u]) for k in range(3)] for u in range(5)]
    np.testing.assert_allclose(areas, expected, atol=1e-6)


def test_what_too_few_pictures_have_and_units_that_do_not_vary_have_no_area() -> None:
    values = np.arange(40, dtype=np.float32)[:, None].repeat(2, 1)
    values[:, 1] = 3.0
    present = np.zeros((40, 3), bool)
    present[: MIN_CLASS_PICTURES - 1, 0] = True
    present[MIN_CLASS_PICTURES - 1 :, 1] = True
    present[:MIN_CLASS_PICTURES, 2] = True
    areas = compute_auroc(values, present)
    assert np.isnan(areas[:, :2]).all()
    assert areas[0, 2] == 0
    assert np.isnan(areas[1]).all()


def test_values_that_are_no_numbers_count_as_smallest() -> None:
    values = np.array([[np.nan], [1], [2], [3], [np.nan], [5], [6], [7], [8], [9]], np.float32)
    present = np.array([[True]] * 5 + [[False]] * 5)
    assert compute_auroc(values, present)[0, 0] == 0


def test_rows_come_back_and_are_cut_to_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "m"
    rows = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    file = MaximaFile(path, 4, 0)
    assert file.read_columns([0]).shape == (0, 1)
    file.add(rows[:3])
    file.add(rows[3:])
    np.testing.assert_array_equal(file.read_columns([3, 1]), rows[:, [3, 1]])
    file.close()
    assert MaximaFile.holds(path, 4, 7)
    assert not MaximaFile.holds(path, 4, 8)
    file = MaximaFile(path, 4, 5)
    np.testing.assert_array_equal(file.read_columns(range(4)), rows[:5])
    file.close()
    file = MaximaFile(path, 4, 0)
    assert file.read_columns(range(4)).shape == (0, 4)
    file.close()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        MaximaFile(tmp_path / "taken" / "m", 4, 0)
