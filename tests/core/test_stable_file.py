"""What is read of a file that is being saved is of one state of it, or a sentence says so."""

import os
from pathlib import Path

import pytest
from safetensors.torch import save
from torch import zeros

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import open_stable, read_stable, safetensors_metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "weights.pt"
    file.write_bytes(b"old" * 100)
    os.utime(file, (1, 1))
    return file


def test_a_file_that_stays_is_read_whole(path: Path) -> None:
    assert read_stable(path) == b"old" * 100


def test_a_file_written_over_while_it_is_read_is_told_of(path: Path) -> None:
    with pytest.raises(BadInput, match="changed while it was read"), open_stable(path) as file:
        file.read(10)
        path.write_bytes(b"new" * 100)  # the same size
        file.read()


def test_the_change_is_told_of_instead_of_the_error_that_it_led_to(path: Path) -> None:
    with pytest.raises(BadInput, match="changed while it was read"), open_stable(path) as file:
        os.truncate(path, 5)
        raise ValueError(f"too short: {len(file.read())}")


def test_another_error_stays_what_it_is(path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), open_stable(path):
        raise ValueError("mine")


def test_a_file_replaced_while_it_is_read_is_read_as_it_was(path: Path) -> None:
    with open_stable(path) as file:
        first = file.read(3)
        fresh = path.with_name("fresh")
        fresh.write_bytes(b"new" * 100)
        fresh.replace(path)
        assert first + file.read() == b"old" * 100
    assert read_stable(path) == b"new" * 100


def test_the_words_of_a_header_are_found_without_the_library() -> None:
    assert safetensors_metadata(save({"a": zeros(3)}, {"arch": "mine"})) == {"arch": "mine"}
    assert safetensors_metadata(save({"a": zeros(3)})) == {}
