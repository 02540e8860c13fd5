"""What is read of a file that is being saved is of one state of it, or a sentence says so."""

import errno
import os
from pathlib import Path

import pytest
from safetensors.torch import save
from torch import zeros

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import (
    open_stable,
    read_stable,
    replace_file,
    safetensors_metadata,
    write_whole,
)


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


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_leaves_the_file_that_was_there_and_nothing_else(path: Path, code: int) -> None:
    with pytest.raises(BadInput, match="make room"), replace_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise OSError(code, "no room")
    assert path.read_bytes() == b"old" * 100
    assert list_names(path.parent) == [path.name]


def test_an_error_of_the_writer_goes_on_as_it_is(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replace_file(path) as temporary:
        temporary.write_bytes(b"half")
        _ = 1 / 0
    assert path.read_bytes() == b"old" * 100
    assert list_names(path.parent) == [path.name]


def test_two_writers_at_once_leave_one_whole_file(path: Path) -> None:
    with replace_file(path) as one:
        one.write_bytes(b"1" * 1000)
        with replace_file(path) as other:
            assert other != one
            other.write_bytes(b"2" * 10)
        assert path.read_bytes() == b"2" * 10
    assert path.read_bytes() == b"1" * 1000  # the one that ended last
    assert list_names(path.parent) == [path.name]


def test_what_a_killed_writer_left_is_taken_over(path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half and long" * 100)
    write_whole(path, "whole")
    assert path.read_bytes() == b"whole"
    assert list_names(path.parent) == [path.name]


def test_a_link_stays_one_and_its_folder_is_made(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    write_whole(link, b"through it")
    assert link.is_symlink()
    assert path.read_bytes() == b"through it"
    write_whole(tmp_path / "new" / "folder" / "file", b"there")
    assert (tmp_path / "new" / "folder" / "file").read_bytes() == b"there"


def test_a_folder_that_is_a_file_is_a_sentence(path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write_whole(path / "inside", b"")


def test_a_folder_that_a_user_mistyped_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        write_whole(tmp_path / "no" / "file", "x", create_folder=False)
    assert list(tmp_path.iterdir()) == []
    write_whole(tmp_path / "yes" / "file", "x")
    assert (tmp_path / "yes" / "file").read_text() == "x"
    with pytest.raises(BadInput, match="it is a folder"):
        write_whole(tmp_path / "yes", "x")
