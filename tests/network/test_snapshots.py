"""Moments of a training, by the step at which they were saved."""

from pathlib import Path

import pytest

import dnnvis
from dnnvis.network.snapshots import restore_step, split_moment


def test_a_step_is_split_from_a_name(tmp_path: Path) -> None:
    assert split_moment("life-3@500") == ("life-3", 500)
    for text in ("life-3", "life-3@", "@5", "a@b", "user@host/x.pt"):
        assert split_moment(text) == (text, None)
    file = tmp_path / "net@7"
    file.touch()
    assert split_moment(str(file)) == (str(file), None)


def test_a_step_that_was_saved_is_restored_and_another_names_the_nearest() -> None:
    net = dnnvis.open("life-3")
    assert restore_step(net, 500).name == "life-3 at step 500"
    with pytest.raises(dnnvis.BadInput, match="nearest of its 41 saved steps is @1800"):
        restore_step(net, 9999)
    with pytest.raises(dnnvis.BadInput, match="no saved moments"):
        restore_step(dnnvis.open("net1-mnist"), 5)
