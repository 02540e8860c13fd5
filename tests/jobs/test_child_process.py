"""A job beside the window, played by tiny real processes."""

import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dnnvis.core.job_state import JobState
from dnnvis.core.mailbox import Mailbox
from dnnvis.jobs import child_process
from dnnvis.jobs.child_process import Job

posix = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system holds no process")


class Heard:
    """Collects what a job posts, and waits for a state."""

    def __init__(self) -> None:
        self.states: queue.Queue[JobState] = queue.Queue()
        self.keys: set[str] = set()
        self.threads: set[str] = set()

    def __call__(self, key: str, state: JobState) -> None:
        self.keys.add(key)
        self.threads.add(threading.current_thread().name)
        self.states.put(state)

    def until(self, wanted: Callable[[JobState], bool], timeout: float = 20) -> JobState:
        while not wanted(state := self.states.get(timeout=timeout)):
            pass
        return state


Make = Callable[..., tuple[Job, Heard]]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Make]:
    """child(code, *args) -> a job that runs ``code``, not started; ended after the test."""
    jobs = []

    def make(
        code: str, *args: str, patience: float = 5.0, listens: bool = False
    ) -> tuple[Job, Heard]:
        file = tmp_path / "child.py"
        file.write_text(textwrap.dedent(code))
        heard = Heard()
        jobs.append(
            Job("test", args, heard, program=(str(file),), patience=patience, listens=listens)
        )
        return jobs[-1], heard

    yield make
    for job in jobs:
        job.close()


WAITS = """
    import json, threading
    print(json.dumps({"words": "Waiting", "done": 1, "total": 9}), flush=True)
    threading.Event().wait()
"""


def gone(pid: int) -> bool:
    """Whether no process, zombies included, has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_lines_become_states_and_the_end_is_told(child: Make) -> None:
    job, heard = child("""
        import json
        for k in range(4):
            print(json.dumps({"words": f"Image {k}", "done": k, "total": 3}), flush=True)
    """)
    job.start()
    last = job.join(20)
    assert last == job.state
    assert (last.name, last.message, last.done, last.total) == ("test", "Image 3", 3, 3)
    assert last.lines == 4
    assert last.malformed == 0
    assert last.latest["done"] == 3
    assert last.finished
    assert not last.failed
    assert not last.stopped
    assert last.seconds_left is None
    told = list(heard.states.queue)
    assert told[0].message == "Starting ..."
    assert told[-1] == last
    assert [state.done for state in told if state.lines] == [0, 1, 2, 3, 3]
    assert heard.keys == {"job test"}


def test_what_the_child_gets(child: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "NICE", 10)  # the other tests' jobs hurry
    job, _ = child(
        """
        import json, os, sys
        print(json.dumps({
            "args": sys.argv[1:], "input": sys.stdin.read(), "group": os.getpgid(0),
            "nice": os.nice(0), "pid": os.getpid(), "path": os.environ["PYTHONPATH"],
        }))
        """,
        "scan",
        "net",
    )
    job.start()
    said = job.join(20).latest
    assert said["args"] == ["scan", "net", "--json"]
    assert said["input"] == ""
    assert said["pid"] == job.pid == said["group"] != os.getpgid(0)
    assert said["nice"] >= min(os.nice(0) + 10, 19)
    assert str(Path(__file__).resolve().parents[2]) in said["path"].split(os.pathsep)
    assert gone(said["pid"])


def test_broken_lines_are_counted_and_passed_over(child: Make) -> None:
    job, _ = child("""
        import sys
        sys.stdout.buffer.write(b'{"done": 1}\\n\\nhello\\n[1, 2]\\n{"done":\\n\\xff\\xfe\\n"x"\\n')
        sys.stdout.buffer.write(b'{"done": "many", "total": null, "words": 5}\\n{"done": 2}')
    """)
    job.start()
    last = job.join(20)
    assert last.malformed == 5
    assert last.lines == 3
    assert (last.done, last.total, last.message, last.failed) == (2, 0, "5", "")


def test_the_words_of_the_trainer_are_understood(child: Make) -> None:
    job, _ = child("""print('{"step": 5, "steps": 10, "loss": 0.1}')""")
    job.start()
    last = job.join(20)
    assert (last.done, last.total) == (5, 10)


def test_time_left_is_the_childs_own_or_estimated(child: Make) -> None:
    job, heard = child("""
        import json, time
        for k in (10, 20):
            print(json.dumps({"done": k, "total": 40}), flush=True)
            time.sleep(0.2)
        print(json.dumps({"done": 30, "total": 40, "seconds_left": 77.5}))
    """)
    job.start()
    assert heard.until(lambda s: s.done == 10).seconds_left is None
    guess = heard.until(lambda s: s.done == 20).seconds_left
    assert guess is not None
    assert 0.2 < guess < 10
    assert heard.until(lambda s: s.done == 30).seconds_left == 77.5


def test_a_failure_is_the_last_thing_said(child: Make) -> None:
    job, _ = child("""
        import sys
        print("a warning of some library", file=sys.stderr)
        print("dnnvis: There is no folder x.", file=sys.stderr)
        print("at exit: something", file=sys.stderr)
        sys.exit(2)
    """)
    job.start()
    last = job.join(20)
    assert last.finished
    assert last.failed == "There is no folder x."


def test_a_child_that_dies_in_silence_is_told_of(child: Make) -> None:
    job, _ = child("import sys; sys.exit(3)")
    job.start()
    assert "status 3" in job.join(20).failed


@posix
def test_a_child_killed_from_outside_is_told_of(child: Make) -> None:
    job, heard = child(WAITS)
    job.start()
    heard.until(lambda s: s.done == 1)
    assert job.pid is not None
    os.kill(job.pid, signal.SIGKILL)
    last = job.join(20)
    assert "signal 9" in last.failed
    assert not last.stopped


def test_a_child_that_says_very_much_on_standard_error_does_not_block(child: Make) -> None:
    job, _ = child("""
        import sys
        for k in range(20000):
            print("x" * 50, file=sys.stderr)
        sys.exit("done for")
    """)
    job.start()
    assert job.join(20).failed == "done for"


def test_stop_ends_it_without_a_zombie(child: Make) -> None:
    job, heard = child(WAITS)
    job.start()
    heard.until(lambda s: s.done == 1)
    job.stop()
    job.stop()
    last = job.join(20)
    assert last.finished
    assert last.stopped
    assert not last.failed
    assert last.message == "Stopped."
    assert job.pid is not None
    assert gone(job.pid)


@posix
def test_a_child_that_does_not_want_to_end_is_ended(child: Make) -> None:
    job, heard = child(
        """
        import signal, threading
        signal.signal(signal.SIGTERM, lambda *a: print('{"words": "no"}', flush=True))
        print('{"done": 1}', flush=True)
        while True:
            threading.Event().wait(1)
        """,
        patience=0.3,
    )
    job.start()
    heard.until(lambda s: s.done == 1)
    last = job.close()
    assert last.finished
    assert last.stopped
    assert not last.failed
    assert job.pid is not None
    assert gone(job.pid)


@posix
def test_stop_reaches_the_childs_own_children(child: Make) -> None:
    job, heard = child("""
        import json, subprocess, sys
        forever = "import threading; threading.Event().wait()"
        other = subprocess.Popen([sys.executable, "-c", forever])
        print(json.dumps({"done": other.pid}), flush=True)
        other.wait()
    """)
    job.start()
    other = heard.until(lambda s: s.done > 0).done
    assert job.close().finished
    until = time.monotonic() + 10
    while not dead(other) and time.monotonic() < until:
        os.sched_yield()
    assert dead(other)


def dead(pid: int) -> bool:
    """Gone, or a zombie that its new parent has not fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return gone(pid)


COUNTS = """
    import json, threading
    k = 0
    while True:
        k += 1
        print(json.dumps({"done": k}), flush=True)
        threading.Event().wait(0.01)
"""


@posix
def test_pause_holds_it_and_go_on_lets_it_go(child: Make) -> None:
    job, heard = child(COUNTS)
    job.start()
    heard.until(lambda s: s.done > 2)
    job.pause()
    assert job.can_pause
    assert job.state.paused
    assert job.pid is not None
    until = time.monotonic() + 10
    while status_of(job.pid) != "T" and time.monotonic() < until:
        os.sched_yield()
    assert status_of(job.pid) == "T"
    job.go_on()
    assert not job.state.paused
    before = job.state.done
    heard.until(lambda s: s.done > before + 3)


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@posix
def test_a_held_child_can_be_stopped(child: Make) -> None:
    job, heard = child(COUNTS)
    job.start()
    heard.until(lambda s: s.done > 2)
    job.pause()
    last = job.close()
    assert last.finished
    assert last.stopped
    assert not last.paused
    assert job.pid is not None
    assert gone(job.pid)


def test_nothing_happens_to_a_job_that_has_ended_or_not_begun(child: Make) -> None:
    job, _ = child("pass")
    job.stop(), job.pause(), job.go_on()
    assert job.join() == job.state
    assert not job.state.finished
    job.start()
    job.join(20)
    job.stop(), job.pause(), job.go_on()
    assert job.state.finished
    assert not job.state.stopped
    assert not job.state.paused


def test_a_program_that_cannot_start_is_told_of(
    child: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **named: Any) -> Any:
        raise OSError("no memory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    job, _ = child("pass")
    job.start()
    assert job.state.finished
    assert "no memory" in job.state.failed


def test_the_mailbox_takes_what_a_job_posts(tmp_path: Path) -> None:
    file = tmp_path / "child.py"
    file.write_text("""print('{"done": 7}')""")
    mailbox = Mailbox()
    job = Job("scan", (), mailbox.post, program=(str(file),))
    job.start()
    job.join(20)
    assert mailbox.collect() == {"job scan": job.state}
    assert job.state.done == 7


@posix
@pytest.mark.parametrize("held", [False, True])
def test_the_child_ends_with_a_window_that_is_killed(tmp_path: Path, held: bool) -> None:
    (tmp_path / "child.py").write_text(textwrap.dedent(COUNTS))
    (tmp_path / "window.py").write_text(
        textwrap.dedent(f"""
        import threading
        from dnnvis.jobs.child_process import Job
        seen = threading.Event()
        job = Job("x", (), lambda key, state: state.done and seen.set(),
                  program=({str(tmp_path / "child.py")!r},))
        job.start()
        seen.wait()
        if {held}:
            job.pause()
        print(job.pid, flush=True)
        threading.Event().wait()
        """)
    )
    root = str(Path(__file__).resolve().parents[2])
    window = subprocess.Popen(
        [sys.executable, str(tmp_path / "window.py")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    with window:
        assert window.stdout is not None
        pid = int(window.stdout.readline())
        window.kill()
    until = time.monotonic() + 10
    while not dead(pid) and time.monotonic() < until:
        os.sched_yield()
    assert dead(pid)


def test_the_real_program_is_run(tmp_path: Path) -> None:
    job = Job("models", ("models",))
    job.start()
    last = job.join(60)
    assert last.finished, last
    assert not last.failed, last
    assert last.lines > 3
    assert last.latest["name"]


ECHO = """
    import json, sys
    print(json.dumps({"words": "ready"}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"heard": json.loads(line)}), flush=True)
"""


def test_a_job_that_listens_gets_commands_a_line_each(child: Make) -> None:
    job, heard = child(ECHO, listens=True)
    assert not job.send({"too": "early"})
    job.start()
    heard.until(lambda state: state.message == "ready")
    assert job.send({"play": True, "text": "a\nb"})
    state = heard.until(lambda state: "heard" in state.latest)
    assert state.latest["heard"] == {"play": True, "text": "a\nb"}
    state = job.close()
    assert state.finished
    assert not state.failed
    assert not job.send({"too": "late"})


def test_commands_to_a_job_that_ends_raise_nothing(child: Make) -> None:
    job, heard = child("raise SystemExit(0)", listens=True)
    job.start()
    heard.until(lambda state: state.finished)
    assert not job.send({"play": True})
    silent, other = child(ECHO)
    silent.start()
    other.until(lambda state: state.finished)  # without an input it ends at once
    assert not silent.send({"play": True})
