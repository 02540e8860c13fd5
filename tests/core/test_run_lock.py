"""One run at a time in a folder; a second one is told who is at work there."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.run_lock import LOCK, delete_run, run_lock

HOLDER = """
import sys
from pathlib import Path
from dnnvis.core.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def refusal(folder: Path) -> str:
    with pytest.raises(BadInput) as caught, run_lock(folder):
        pass
    return str(caught.value)


def test_the_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        text = refusal(tmp_path)
    who = rf"\(process {process.pid} on {re.escape(socket.gethostname())} since "
    who += rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d: -c {re.escape(str(tmp_path))}\)"
    assert re.fullmatch(
        rf"Another run is at work in {re.escape(str(tmp_path))} {who}; wait until it ends, stop "
        r"it, or name another folder\.",
        text,
    ), text


def test_a_command_of_dnnvis_is_named_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/dnnvis/__main__.py", "train", "net1", "--work", "a b"])
    with run_lock(tmp_path):
        assert "dnnvis train net1 --work 'a b')" in refusal(tmp_path)


def test_what_a_killed_run_left_is_taken_over(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        assert str(process.pid) in (tmp_path / LOCK).read_text()
        with run_lock(tmp_path):
            text = refusal(tmp_path)
    assert f"process {os.getpid()} on" in text
    assert str(process.pid) not in text


def test_a_run_that_has_ended_names_nobody(tmp_path: Path) -> None:
    with run_lock(tmp_path / "new"):
        assert (tmp_path / "new" / LOCK).read_text()
    assert (tmp_path / "new" / LOCK).read_text() == ""


def test_a_holder_may_delete_the_folder_and_the_next_run_has_it_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fit"
    with run_lock(folder):
        shutil.rmtree(folder)
    assert not folder.exists()
    with run_lock(folder):
        assert "at work" in refusal(folder)


def test_a_lock_on_a_file_that_was_deleted_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder ended, and deleted it, between our opening and our locking it."""
    folder, open_ = tmp_path / "fit", os.open
    folder.mkdir()

    def delete_after(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = open_(path, flags, mode)
        monkeypatch.setattr(os, "open", open_)
        shutil.rmtree(folder)
        return handle

    monkeypatch.setattr(os, "open", delete_after)
    with run_lock(folder):
        assert "at work" in refusal(folder)


def test_a_place_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written: " in refusal(tmp_path / "file")
    (tmp_path / LOCK).symlink_to(tmp_path / "nowhere" / "lock")
    assert "cannot be written: " in refusal(tmp_path)


def test_text_that_is_no_holder_is_not_shown(tmp_path: Path) -> None:
    with run_lock(tmp_path):
        (tmp_path / LOCK).write_bytes(b"\x1b[31m\xff")
        assert refusal(tmp_path).startswith(f"Another run is at work in {tmp_path}; wait")


def test_deleting_a_run_leaves_its_lock_and_stops_at_one_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "stage").mkdir(parents=True)
    (folder / "stage" / "progress.pt").write_text("x")
    with holder(folder / "stage"), run_lock(folder), pytest.raises(BadInput, match="stage"):
        delete_run(folder)
    assert (folder / "stage" / "progress.pt").exists()
    with run_lock(folder):
        delete_run(folder)
        assert [part.name for part in folder.iterdir()] == [LOCK]
