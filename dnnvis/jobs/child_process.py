"""Run one long job (scan, render, train ...) as a child process that the window can watch."""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from dnnvis.core.job_state import JobState
from dnnvis.core.progress import Eta

STOP_SECONDS = 3.0  # seconds between the request to end and the kill
NICE = 10  # how much the child's priority is lowered
Post = Callable[[str, JobState], None]


class Job:
    """A ``dnnvis ARGS --json`` that runs beside this process.

    It is nice'd, in a process group of its own, read on a thread that ends with it. It has no
    input, unless it ``listens`` to what ``send`` writes; its input ends with this process.

    ``post(key, state)`` is called on that thread (once on the caller's, at the start) with
    ``key`` = ``job NAME``; a Mailbox's own ``post`` serves. The other methods are for any one
    thread. The child ends with this process: by a signal when Python exits, by the pipe it can
    no longer write to where this process was killed.
    """

    def __init__(
        self,
        name: str,
        args: Sequence[str],
        post: Post = lambda key, state: None,
        *,
        program: Sequence[str] = ("-m", "dnnvis"),
        patience: float = STOP_SECONDS,
        listens: bool = False,
    ) -> None:
        self.key = f"job {name}"
        self._command = [sys.executable, *program, *map(str, args), "--json"]
        self._post = post
        self._patience, self._listens = patience, listens
        self._lock = threading.RLock()
        self._state = JobState(name, "Starting ...")
        self._eta = Eta()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._killer: threading.Timer | None = None
        self._over = False  # the child has ended, its id may soon be another's

    @property
    def state(self) -> JobState:
        """Return the latest state."""
        with self._lock:
            return self._state

    @property
    def pid(self) -> int | None:
        """Return the child's process id; None before the start."""
        return None if self._process is None else self._process.pid

    @property
    def can_pause(self) -> bool:
        """Return whether this system can suspend a process."""
        return hasattr(signal, "SIGSTOP") and hasattr(os, "killpg")

    def start(self) -> None:
        """Start the child, once.

        Where the system refuses, the state reports it: nothing is raised.
        """
        errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        try:
            self._process = _start_process(self._command, errors, self._listens)
        except OSError as error:
            errors.close()
            self._change(finished=True, failed=f"The job could not be started: {error}.")
            return
        atexit.register(self.close)
        self._thread = threading.Thread(
            target=self._read, args=(self._process, errors), name=f"dnnvis-{self.key}", daemon=True
        )
        self._change()
        self._thread.start()

    def send(self, command: Mapping[str, Any]) -> bool:
        """Write a command to the child that listens, one JSON object a line.

        Returns:
            Whether it could be written: a child that has ended takes none.
        """
        process = self._process
        if process is None or process.stdin is None or self.state.finished:
            return False
        try:
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):  # it has ended just now
            return False
        return True

    def pause(self) -> None:
        """Suspend the child, and return once it is suspended.

        Nothing happens where the system cannot.
        """
        if self.can_pause and not self.state.finished:
            self._signal(signal.SIGSTOP)
            self._wait_until_held()
            self._eta.pause()
            self._change(paused=True)

    def go_on(self) -> None:
        """Resume a suspended child."""
        if self.state.paused and not self.state.finished:
            self._eta.resume()
            self._change(paused=False)
            self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Request the child to end, and kill it if it has not after ``patience`` seconds.

        Returns at once; the last state says ``finished`` and ``stopped``.
        """
        with self._lock:
            if self._thread is None or self._state.finished or self._killer is not None:
                return
            self._state = replace(self._state, stopped=True)
            self._killer = threading.Timer(self._patience, self._kill)
            self._killer.name, self._killer.daemon = f"dnnvis-{self.key}-stop", True
            self._killer.start()
        self._signal(signal.SIGTERM)
        if self.state.paused:
            self.go_on()  # a suspended process does not receive the request to end

    def join(self, timeout: float | None = None) -> JobState:
        """Return the state once the child and its thread have ended.

        At the latest after ``timeout`` seconds.
        """
        if self._thread is not None:
            self._thread.join(timeout)
        return self.state

    def close(self) -> JobState:
        """Stop the child, and wait until it has ended."""
        self.stop()
        return self.join(self._patience + 2)

    def _kill(self) -> None:
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _signal(self, number: int) -> None:
        """Send a signal to the child and the processes it started, unless it has ended."""
        with self._lock:
            if self._process is None or self._over:
                return
            try:
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, number)
                else:
                    self._process.terminate()
            except (ProcessLookupError, PermissionError):
                pass  # it has ended just now

    def _wait_until_held(self) -> None:
        """Wait until the child is suspended.

        A signal takes effect a little later; were this process killed in between, nothing would let
        the child go again.
        """
        if self._process is None or not hasattr(os, "waitid"):
            return
        with suppress(ChildProcessError):  # it has ended, and was waited for
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
            self._post(self.key, self._state)

    def _read(self, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        assert process.stdout is not None
        with errors, process.stdout as lines:
            for line in lines:
                self._on_line(line)
            if hasattr(os, "waitid"):  # its id stays its own until it is reaped
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                with self._lock:
                    self._over = True
            status = process.wait()
            errors.seek(0)
            errors_text = errors.read()[-10_000:]
        if process.stdin is not None:
            with suppress(OSError):  # what was written to a child that has ended
                process.stdin.close()
        if self._killer is not None:
            self._killer.cancel()
            self._killer.join()
        self._end(status, errors_text)

    def _on_line(self, line: str) -> None:
        if not line.strip():
            return
        report = _parse_object(line)
        previous = self.state
        if report is None:
            self._change(malformed=previous.malformed + 1)
            return
        done = _read_count(report, "done", "step", previous.done)
        total = _read_count(report, "total", "steps", previous.total)
        left = report.get("seconds_left")
        if not isinstance(left, int | float):
            left = self._eta.estimate(done, total)
        self._change(
            message=str(report.get("words", previous.message if previous.lines else "")),
            done=done,
            total=total,
            seconds_left=left,
            lines=previous.lines + 1,
            latest=report,
        )

    def _end(self, status: int, errors: str) -> None:
        atexit.unregister(self.close)
        with self._lock:
            self._over = True
            stopped = self._state.stopped
            failed = "" if status == 0 or stopped else _failure_sentence(status, errors)
            message = self._state.message if status == 0 else "Stopped." if stopped else ""
            self._change(
                finished=True, failed=failed, message=message, paused=False, seconds_left=None
            )


def _start_process(
    command: list[str], errors: IO[str], listens: bool = False
) -> "subprocess.Popen[str]":
    """Start the child.

    Its group is its own but its session ours, so that the system lets a suspended child go (and
    end) when this process is killed.
    """
    group_options: dict[str, Any] = (
        {"process_group": 0}
        if os.name == "posix"
        else {"creationflags": getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)}
    )
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
        errors="replace",
        env=_environment(),
        **group_options,
    )
    if hasattr(os, "setpriority"):
        try:
            priority = os.getpriority(os.PRIO_PROCESS, process.pid)
            os.setpriority(os.PRIO_PROCESS, process.pid, min(priority + NICE, 19))
        except OSError:
            pass  # it has ended already
    return process


def _environment() -> dict[str, str]:
    """Return this process's environment, in which the same dnnvis is importable from any folder."""
    home = Path(__file__).resolve().parents[2]
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if home.name not in ("site-packages", "dist-packages"):
        paths.insert(0, str(home))
    paths_variable = {"PYTHONPATH": os.pathsep.join(paths)} if paths else {}
    return {**os.environ, **paths_variable, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}


def _parse_object(line: str) -> dict[str, Any] | None:
    try:
        report = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) else None


def _read_count(report: dict[str, Any], name: str, other: str, default: int) -> int:
    value = report.get(name, report.get(other, default))
    whole = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return max(0, int(value)) if whole else default


def _failure_sentence(status: int, errors: str) -> str:
    """Return the last line of the child's standard error, or how it ended."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("dnnvis: ")]
    if status < 0:
        return f"The job was ended from outside (signal {-status})."
    if ours or lines:
        return (ours or lines)[-1].removeprefix("dnnvis: ")
    return f"The job ended with status {status} and said nothing."
