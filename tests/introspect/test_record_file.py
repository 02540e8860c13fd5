"""Hidden vectors on disk: what a kill leaves, and what several processes bring together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.introspect.record_file import RecordStore, record_type


def records(rows: list[int], steps: int = 2, width: int = 3) -> Any:
    made = np.zeros(len(rows), record_type(steps, width))
    made["row"] = rows
    made["label"] = [row % 4 for row in rows]
    made["log_e"] = -np.array(rows, np.float32)[:, None]
    made["h"] = np.arange(steps * width).reshape(steps, width) + 100 * np.array(rows)[:, None, None]
    return made


def test_what_was_written_is_read_in_its_order(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "deep" / "a.rec", 2, 3)
    assert len(store) == 0
    assert len(store.view()) == 0
    store.append(records([4, 2]))
    store.append(records([7]))
    again = RecordStore(tmp_path / "deep" / "a.rec", 2, 3)
    assert len(again) == 3
    assert again.rows().tolist() == [4, 2, 7]
    assert np.array_equal(again.view(), records([4, 2, 7]))
    with pytest.raises(ValueError, match="read-only"):
        again.view()["row"][0] = 1


@pytest.mark.parametrize("left", [1, 17, -1])
def test_a_torn_tail_is_dropped_and_writing_goes_on(tmp_path: Path, left: int) -> None:
    place = tmp_path / "a.rec"
    RecordStore(place, 2, 3).append(records([0, 1, 2]))
    size = record_type(2, 3).itemsize
    with place.open("ab") as file:
        file.truncate(2 * size + left % size)
    store = RecordStore(place, 2, 3)
    assert store.rows().tolist() == [0, 1]
    assert place.stat().st_size == 2 * size
    store.append(records([2]))
    assert np.array_equal(store.view(), records([0, 1, 2]))


def test_merged_in_the_order_of_the_data_each_row_once(tmp_path: Path) -> None:
    main = RecordStore(tmp_path / "main.rec", 2, 3)
    main.append(records([5, 1]))
    others = [RecordStore(tmp_path / f"{k}.rec", 2, 3) for k in range(2)]
    others[0].append(records([3, 0, 5]))
    others[1].append(records([4]))
    main.merge([main, *others])
    assert np.array_equal(main.view(), records([0, 1, 3, 4, 5]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.rec"]
    main.merge([])
    assert len(main) == 5


def test_the_last_ones_can_be_cut(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "a.rec", 2, 3)
    store.append(records([0, 1, 2]))
    store.drop_last(2)
    assert np.array_equal(store.view(), records([0]))
    store.drop_last(9)
    assert len(store) == 0


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.rec").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        RecordStore(tmp_path / "a.rec", 2, 3)
