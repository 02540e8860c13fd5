"""One thread that computes what the plan wants, for the latest frame."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dnnvis.core.errors import Cancelled, DnnvisError, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.mail import Failure, Live, NetworkInfo, failure_of
from dnnvis.core.mailbox import Mailbox
from dnnvis.engine.plan import NetworkChoice, Plan, Request

if TYPE_CHECKING:
    from dnnvis.engine.work import Work

LIVE, INFO, BUSY, PROBLEM = "live", "info", "busy", "problem"
PATIENCE = 1.0  # seconds until a cancelled pass is abandoned
LENS_SHARE = 0.5  # of the engine's time at most, while frames wait


@dataclass
class _Running:
    """A lens at work that takes more than one step."""

    request: Request
    steps: Iterator[Any]


class Engine:
    """``see`` frames, ``follow`` plans; results are posted to ``mailbox``.

    Keys: ``live`` Live, ``info`` NetworkInfo or Failure (the network could not be opened),
    a plan's request keys -> Picture or Failure, ``problem 1``, ``problem 2`` ... Failure, ``busy`` a sentence or
    "". ``make_work`` builds, on the engine's own thread, what touches networks.
    """

    def __init__(self, make_work: Callable[[threading.Event], "Work"], mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.dropped = 0
        self.turns: deque[float] = deque(maxlen=1000)  # seconds of the latest live turns
        self._make_work = make_work
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._plan: Plan | None = None
        self._new_plan = False
        self._running: _Loop | None = None
        self._stopped = False

    # ---- any thread ------------------------------------------------------------------

    def see(self, frame: Frame) -> None:
        """The latest frame wins; one that was never looked at is counted as dropped."""
        with self._changed:
            if self._frame is not None:
                self.dropped += 1
            self._frame = frame
            self._changed.notify_all()

    def follow(self, plan: Plan) -> None:
        with self._changed:
            if plan == self._plan:
                return
            self._plan, self._new_plan = plan, True
            self._changed.notify_all()

    def start(self) -> None:
        self._running = _Loop(self)
        self._running.start()

    def cancel(self) -> None:
        """Stop the pass under way at the next module; if none comes within a second, leave
        its thread behind and go on with a new one. Returns at once."""
        loop = self._running
        if loop is not None and not loop.cancel.is_set():
            loop.cancel.set()
            watcher = threading.Timer(PATIENCE, self._abandon, (loop,))
            watcher.name, watcher.daemon = "dnnvis-cancel", True
            watcher.start()

    def stop(self) -> None:
        """End the thread; a pass that does not end within a second is abandoned."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        loop = self._running
        if loop is not None:
            loop.cancel.set()
            loop.thread.join(PATIENCE)

    def _abandon(self, loop: "_Loop") -> None:
        if self._stopped or loop is not self._running or not loop.cancel.is_set():
            return
        loop.abandoned = True
        self.mailbox.post(BUSY, "")
        self.mailbox.post_each(
            PROBLEM,
            Failure("The network did not stop within a second; its thread was left behind."),
        )
        with self._changed:
            self._plan, self._new_plan = None, False  # wait for the next wish
        self.start()

    # ---- for the loop ----------------------------------------------------------------

    def take(self, idle: bool) -> tuple[Frame | None, Plan | None, bool]:
        """(frame, plan, whether the plan is new), waiting for either while ``idle``."""
        with self._changed:
            while idle and not (self._stopped or self._new_plan or self._due()):
                self._changed.wait()
            frame, new = self._frame, self._new_plan
            if self._plan is not None:
                self._frame, self._new_plan = None, False
            return (frame, self._plan, new) if not self._stopped else (None, None, False)

    def _due(self) -> bool:
        return self._frame is not None and self._plan is not None

    @property
    def network(self) -> Any:
        """The network of the engine thread, for looking at when that thread has ended."""
        work = self._running.work if self._running is not None else None
        return None if work is None else work.network

    @property
    def stopped(self) -> bool:
        return self._stopped


class _Loop:
    """One life of the engine thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cancel = threading.Event()
        self.abandoned = False
        self.thread = threading.Thread(target=self._run, name="dnnvis-engine", daemon=True)
        self.plan: Plan | None = None
        self.work: Work | None = None
        self.last: Frame | None = None
        self.failed: NetworkChoice | None = None  # a choice that could not be opened
        self.waiting: dict[str, _Running] = {}
        self.queue: deque[str] = deque()
        self.credit = 0.0

    def start(self) -> None:
        self.thread.start()

    def _run(self) -> None:
        work = self.work = self.engine._make_work(self.cancel)
        try:
            while not (self.engine.stopped or self.abandoned):
                self._turn(work)
        except Exception as why:  # a bug of ours: say so, do not die in silence
            logging.getLogger(__name__).exception("engine")
            self._problem( failure_of(why))
        finally:
            self._close(list(self.waiting))

    def _turn(self, work: "Work") -> None:
        frame, plan, new = self.engine.take(idle=not self.waiting)
        if plan is None or self.engine.stopped:
            return
        if new:
            self._reconcile(plan, work)
        if frame is not None:
            self.last = frame
        if self.last is not None and (frame is not None or new) and work.network is not None:
            began = time.perf_counter()
            self._live(plan, self.last, work)
            spent = time.perf_counter() - began
            self.engine.turns.append(spent)
            self.credit += spent * LENS_SHARE / (1 - LENS_SHARE)
        if self.waiting and (frame is None or self.credit > 0):
            began = time.perf_counter()
            self._step()
            spent = time.perf_counter() - began
            self.credit = max(min(self.credit - spent, 1.0), -1.0) if frame else 0.0

    def _reconcile(self, plan: Plan, work: "Work") -> None:
        before, self.plan = self.plan, plan
        if plan.network == work.choice:
            self.failed = None
        if plan.network != work.choice and plan.network != self.failed:
            self._open(plan.network, work)
        old = before.requests if before is not None else {}
        gone = [k for k in self.waiting if plan.requests.get(k) != old.get(k)]
        self._close(gone)

    def _open(self, choice: NetworkChoice, work: "Work") -> None:
        self._close(list(self.waiting))
        self._post(BUSY, f"Opening {choice.net} ...")
        self.cancel.clear()
        try:
            self._post(INFO, work.open(choice))
            self.failed = None
        except DnnvisError as why:
            self.failed = choice
            self._post(INFO, failure_of(why, choice))
        except Exception as why:  # a network's own code may raise anything
            self.failed = choice
            self._post(INFO, failure_of(why, choice))
        finally:
            self._post(BUSY, "")

    def _live(self, plan: Plan, frame: Frame, work: "Work") -> None:
        self.cancel.clear()
        try:
            live, scenes, failures = work.live(plan, frame)
        except Cancelled:
            self._problem( Failure("The pass was cancelled; the next frame starts a new one."))
            return
        except Exception as why:
            self._problem( failure_of(why, "live"))
            self._post(LIVE, failure_of(why, "live"))
            return
        self._post(LIVE, _with_dropped(live, self.engine.dropped))
        for key, failure in failures.items():
            self._post(key, failure)
        for key, scene in scenes.items():
            request = plan.requests[key]
            if request.follow or key not in self.waiting:
                steps = work.look(request, scene)
                self._advance(key, _Running(request, steps))

    def _step(self) -> None:
        """One step of one waiting lens, each in its turn."""
        key = self.queue.popleft()
        running = self.waiting.pop(key, None)
        if running is not None:
            self._advance(key, running)

    def _advance(self, key: str, running: _Running) -> None:
        try:
            picture = next(running.steps, None)
        except (LensMissing, DnnvisError) as why:
            self._post(key, failure_of(why, key))
            return
        except Exception as why:
            self._post(key, failure_of(why, key))
            self._problem( failure_of(why, key))
            return
        if picture is None:
            return
        self._post(key, picture)
        if running.request.follow:
            running.steps.close()  # type: ignore[attr-defined]
        else:
            self.waiting[key] = running
            self.queue.append(key)

    def _close(self, keys: list[str]) -> None:
        for key in keys:
            running = self.waiting.pop(key, None)
            if running is not None:
                running.steps.close()  # type: ignore[attr-defined]

    def _problem(self, failure: Failure) -> None:
        if not self.abandoned:
            self.engine.mailbox.post_each(PROBLEM, failure)

    def _post(self, key: str, value: Any) -> None:
        if not self.abandoned:
            self.engine.mailbox.post(key, value)


def _with_dropped(live: Live, dropped: int) -> Live:
    from dataclasses import replace

    return replace(live, dropped=dropped)


def info_of(value: Any) -> NetworkInfo | None:
    """The network's info in what came under ``info``, None for a Failure."""
    return value if isinstance(value, NetworkInfo) else None
