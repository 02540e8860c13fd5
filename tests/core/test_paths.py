"""Paths: what is too long for any file is told, not looked for."""

from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import check_length


@pytest.mark.parametrize("name", ["a" * 255, "/".join(["a" * 100] * 40), "", "x.py:net", "ä" * 127])
def test_names_that_files_can_have(name: str, tmp_path: Path) -> None:
    check_length(name)
    (tmp_path / Path(name).name[:255]).exists()  # the oracle: the system does not complain


@pytest.mark.parametrize(
    "name", ["a" * 256, "b/" + "a" * 5000, "a/" * 5000, "ä" * 128, "\ud800" * 90]
)
def test_names_that_no_file_has(name: str) -> None:
    with pytest.raises(BadInput, match="No file has a name as long as") as refusal:
        check_length(name)
    assert len(str(refusal.value)) < 150
