"""Compute what the plan requests for the latest frame, on one thread."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

from dnnvis.core.errors import Busy, Cancelled, DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import SkippedStep
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, Live, describe_delay, describe_failure
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.pacing import PassPacer, RetryPacer
from dnnvis.engine.parking import Parked, Parking, Running
from dnnvis.engine.plan import NetworkChoice, Plan, Request

if TYPE_CHECKING:
    from dnnvis.engine.work import Work

LIVE, INFO, BUSY, PROBLEM, SAVED, NOTES = "live", "info", "busy", "problem", "kept", "notes"
ABANDON_SECONDS = 1.0  # seconds until a cancelled pass is abandoned
RETRY_SAVE_SECONDS = 2.0  # between two attempts to write what another process keeps from us
FOLLOW_SECONDS = 0.1  # between two frames that lenses follow, where not all can be done ...
CROWDED_SECONDS = 1.0  # ... which is so for that long after a frame was dropped
TOGETHER_SECONDS = 0.004  # lenses that take less are drawn at once with the frame they follow
LENS_FRACTION = 0.5  # of the engine's time at most, while frames wait


class Engine:
    """Worker thread that takes frames (``see``) and plans (``follow``) and posts to ``mailbox``.

    Keys: ``live`` Live, ``info`` NetworkInfo or Failure (the network could not be opened),
    a plan's request keys -> Picture or Failure, ``problem 1``, ``problem 2`` ... Failure,
    ``busy`` a sentence or "", ``kept`` what the work reports of a picture that was to be saved, or
    a Failure, ``notes`` SavedNotes or a Failure. ``make_work`` builds, on this thread, what touches
    networks; whatever their code raises becomes a Failure. A stop writes the last notes too.

    From one pass to the next there are at least ``pass_interval`` seconds: a frame that nobody
    could see before the next one is computed only where all are recorded, or a new plan asks.
    """

    def __init__(
        self,
        make_work: Callable[[threading.Event], "Work"],
        mailbox: Mailbox,
        pass_interval: float = 0.0,
    ) -> None:
        self.mailbox, self.pacer = mailbox, PassPacer(pass_interval)
        self.dropped = 0
        self.turns: deque[float] = deque(maxlen=1000)  # seconds of the latest live turns
        #: Is given every result at once, on this thread; must return soon.
        self.listener: Callable[[Live], None] = lambda live: None
        self._make_work = make_work
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._last_frame: Frame | None = None  # also after it was taken
        self._plan: Plan | None = None
        self._new_plan = False
        self._running: _Loop | None = None
        self._watcher: threading.Timer | None = None
        self._stopped = False

    def see(self, frame: Frame | None) -> None:
        """Replace the latest frame; one never looked at counts as dropped. None: it once more."""
        with self._changed:
            self.dropped += frame is not None and self._frame is not None
            self._frame = self._last_frame = frame or self._frame or self._last_frame
            self._changed.notify_all()

    def follow(self, plan: Plan) -> None:
        """Replace the plan; nothing happens where it is the same."""
        with self._changed:
            if plan == self._plan:
                return
            self._plan, self._new_plan = plan, True
            self._changed.notify_all()

    def retry(self, reload: bool = False) -> None:
        """Try the plan's network again, also if it was refused, or (``reload``) where it runs."""
        with self._changed:
            if self._running is not None:
                self._running.failed, self._running.reload = None, reload
            self._new_plan = self._plan is not None
            self._changed.notify_all()

    def start(self) -> None:
        """Start the thread."""
        self._running = _Loop(self)
        self._running.start()

    def cancel(self) -> None:
        """Stop the current pass at the next module.

        If none comes within a second, leave its thread behind and go on with a new one. Returns at
        once; where no pass runs, nothing happens.
        """
        with self._changed:
            loop = self._running
            if loop is None or not loop.in_pass or loop.cancel.is_set():
                return
            loop.cancel.set()
            self._watcher = threading.Timer(ABANDON_SECONDS, self._abandon, (loop, loop.passes))
            self._watcher.name, self._watcher.daemon = "dnnvis-cancel", True
            self._watcher.start()

    def stop(self) -> None:
        """End the thread; a pass that does not end within a second is abandoned."""
        with self._changed:
            self._stopped = True
            loop, watcher = self._running, self._watcher
            if loop is not None:
                loop.cancel.set()
            self._changed.notify_all()
        if watcher is not None:
            watcher.cancel()
            watcher.join(ABANDON_SECONDS)
        if loop is not None:
            loop.thread.join(ABANDON_SECONDS)

    def _abandon(self, loop: "_Loop", passes: int) -> None:
        """Leave ``loop`` behind if it still is in its pass number ``passes``.

        The new thread goes on with a plan for another network where one has come meanwhile;
        else it waits for the next plan, and opens the network again then. One that hung
        while it was opened counts as refused.
        """
        with self._changed:
            if self._stopped or not loop.in_pass or loop.passes != passes:
                return
            loop.abandoned = True
            if self._plan and loop.plan and self._plan.network == loop.plan.network:
                self._plan, self._new_plan = None, False  # what hung is not retried by itself
            self._running = _Loop(self, failed=loop.opening)
            self._running.start()
        failure = Failure(
            tr(
                "The network did not stop within a second; its thread was left behind. Choose a "
                "network or a unit to go on."
            ),
            about=loop.opening,
        )
        self.mailbox.post(BUSY, "")
        self.mailbox.post_each(PROBLEM, failure)
        if loop.opening is not None:
            self.mailbox.post(INFO, failure)

    def take(self, timeout: float | None) -> tuple[Frame | None, Plan | None, bool]:
        """Return (frame, plan, whether the plan is new).

        Waits for either at most ``timeout`` seconds; None = for ever. A frame that is not due yet
        stays, but for a new plan.
        """
        with self._changed:
            self._wait(timeout)
            if self._stopped:
                return None, None, False
            new, plan = self._new_plan, self._plan
            if plan is None:
                return self._frame, None, new
            frame = self._frame if new or self._is_due() else None
            if frame is not None:
                self.pacer.note_pass()
                self._frame = None
            self._new_plan = False
            return frame, plan, new

    def _wait(self, timeout: float | None) -> None:
        """Wait for a frame that is due, a new plan or the end, at most ``timeout`` seconds."""
        end = None if timeout is None else time.perf_counter() + timeout
        while not (self._stopped or self._new_plan or self._is_due()):
            waits = [] if end is None else [end - time.perf_counter()]
            if waits and waits[0] <= 0:
                return
            if self._frame is not None and self._plan is not None:
                waits.append(self.pacer.wait)
            self._changed.wait(min(waits, default=None))

    @contextmanager
    def in_cancellable_pass(self, loop: "_Loop") -> Iterator[None]:
        """Mark the loop as being in a pass that can be cancelled, within the context."""
        with self._changed:
            loop.passes += 1
            loop.in_pass = True
        try:
            yield
        finally:
            with self._changed:
                loop.in_pass = False
                if not self._stopped:
                    loop.cancel.clear()

    def frame_waits(self) -> bool:
        """Return whether a frame waits that has not been looked at yet."""
        with self._changed:
            return self._frame is not None

    def seconds_until_due(self) -> float:
        """Return in how many seconds the frame that waits is due; below 0: it has been since then.

        Infinity where none waits, minus infinity where all are recorded and none is held back.
        """
        with self._changed:
            if self._frame is None or self._plan is None:
                return inf
            return -inf if self._plan.recording else self.pacer.wait

    def _is_due(self) -> bool:
        return self.seconds_until_due() <= 0

    @property
    def network(self) -> Any:
        """Return the network of the engine thread, for use when that thread has ended."""
        work = self._running.work if self._running is not None else None
        return None if work is None else work.network

    @property
    def plan(self) -> Plan | None:
        """Return the current plan."""
        with self._changed:
            return self._plan

    @property
    def stopped(self) -> bool:
        """Return whether the engine has been stopped."""
        return self._stopped


class _Loop:
    """One life of the engine thread."""

    def __init__(self, engine: Engine, failed: NetworkChoice | None = None) -> None:
        self.engine = engine
        self.cancel = threading.Event()
        self.abandoned = self.in_pass = False
        self.passes = 0
        self.opening: NetworkChoice | None = None
        self.thread = threading.Thread(target=self._run, name="dnnvis-engine", daemon=True)
        self.plan: Plan | None = None
        self.work: Work | None = None
        self.last: Frame | None = None
        self.failed = failed  # a choice that could not be opened
        self.reload = False  # the network that runs is to be opened again
        self.pending: dict[str, Running] = {}
        self.queue: deque[str] = deque()
        self.ended: set[str] = set()  # requests that ran to their end and do not follow
        self.finished: set[str] = set()  # those of them that did not fail
        self.latest: dict[str, Any] = {}  # what the requests that do not follow gave last
        self.parking = Parking()  # of the network that runs
        self.credit = 0.0  # seconds that lens steps may take while frames wait
        self.dropped = 0  # frames that had been dropped at the last live turn
        self.crowded_until = 0.0  # frames were dropped in the second before
        self.follow_time = 0.0  # then lenses that follow are due where it is crowded
        self.left_lenses = False  # they have left out the last frame
        self.follow_seconds = inf  # that they took for the last one they looked at
        self.retry = RetryPacer()  # until it is due no frame is tried again
        self.retry_due = False  # a frame came meanwhile
        self.unsaved: deque[tuple[str, Any, int]] = deque()  # pictures the library had no time for
        self.notes_unsaved = False
        self.save_time = 0.0  # then they are tried again

    def start(self) -> None:
        self.thread.start()

    def _run(self) -> None:
        try:
            work = self.work = self.engine._make_work(self.cancel)
        except BaseException as error:
            self._problem(describe_failure(error))
            return
        while not (self.engine.stopped or self.abandoned):
            try:
                self._turn(work)
            except BaseException as error:  # a bug of ours: say so, do not die in silence
                logging.getLogger(__name__).exception("engine")
                self._problem(describe_failure(error))
                self._close(list(self.pending))
        self._close(list(self.pending))
        self.parking.close()
        last = self.engine.plan
        if last is not None and last.marks and not self.abandoned:
            self._write_notes(last, work)

    def _turn(self, work: "Work") -> None:
        frame, plan, new = self._take()
        if plan is None or self.engine.stopped:
            return
        if self._has_unsaved and time.perf_counter() >= self.save_time:
            self._save_again(plan, work)
        if new:
            new = self._reconcile(plan, work)
        if self.abandoned:
            return
        if frame is not None:
            self.last = frame
        if work.network is not None and self._is_frame_due(frame, new):
            start = time.perf_counter()
            self.left_lenses = not new and self._skips_lenses()
            with self.engine.in_cancellable_pass(self):
                assert self.last is not None
                self._live(plan.lasting if self.left_lenses else plan, self.last, work)
            elapsed = time.perf_counter() - start
            self.engine.turns.append(elapsed)
            self.credit = min(self.credit + elapsed * LENS_FRACTION / (1 - LENS_FRACTION), 1.0)
        key = self._next_key()
        if key is not None and (frame is None or self.credit > 0):
            start = time.perf_counter()
            with self.engine.in_cancellable_pass(self):
                self._step(key)
            elapsed = time.perf_counter() - start
            credit = self.credit if frame is not None else 0.0  # idle time has paid what was owed
            overdue = -self.engine.seconds_until_due()  # what a frame had no use for costs nothing
            self.credit = credit - min(elapsed, overdue) if overdue > 0 else 0.0

    def _take(self) -> tuple[Frame | None, Plan | None, bool]:
        """Wait for what is to be done; time in which a frame is held back pays for lens steps."""
        start, is_held = time.perf_counter(), self.engine.seconds_until_due() < inf
        taken = self.engine.take(self._timeout())
        if is_held and self.credit < 0:
            self.credit = min(0.0, self.credit + time.perf_counter() - start)
        return taken

    def _timeout(self) -> float | None:
        """Return the seconds until there is something to do without a new frame or plan."""
        timeouts = [max(0.0, -self.credit)] if self._next_key() else []
        if self.retry_due:
            timeouts.append(max(0.0, self.retry.wait))
        if self.left_lenses and not self.engine.frame_waits():
            timeouts.append(max(0.0, self.follow_time - time.perf_counter()))
        if self._has_unsaved:
            timeouts.append(max(0.0, self.save_time - time.perf_counter()))
        return min(timeouts, default=None)

    def _is_frame_due(self, frame: Frame | None, new: bool) -> bool:
        """Return whether the last frame is to be run now.

        Where frames fail one after the other they are tried ever more seldom; a new plan is tried
        at once, and so is the latest of the frames that were left out when it is time. Where no
        frame comes after one that lenses have left out, it is run once more for them.
        """
        is_left = self.left_lenses and time.perf_counter() >= self.follow_time
        is_left = is_left and not self.engine.frame_waits()  # that one is next
        due = self.last is not None and (frame is not None or new or self.retry_due or is_left)
        waits = due and not new and self.retry.wait > 0
        self.retry_due = waits
        return due and not waits

    def _skips_lenses(self) -> bool:
        """Return whether lenses that follow leave this frame out.

        Where a lens takes its steps and frames were dropped within the last second, they look at
        one every FOLLOW_SECONDS, so that both the frames and the steps go on.
        """
        now = time.perf_counter()
        dropped, self.dropped = self.engine.dropped - self.dropped, self.engine.dropped
        if dropped > 0:
            self.crowded_until = now + CROWDED_SECONDS
        is_crowded = self._next_key() is not None and now < self.crowded_until
        if is_crowded and now < self.follow_time:
            return True
        self.follow_time = now + FOLLOW_SECONDS
        return False

    def _reconcile(self, plan: Plan, work: "Work") -> bool:
        """Reconcile what runs with ``plan``; return whether that makes a live turn due."""
        previous, self.plan = self.plan, plan
        if previous is not None:
            self._keep(previous, plan, work)
        if previous is None or not set(plan.marks) <= set(previous.marks):
            self._write_notes(plan, work)
        known = not self.reload and plan.network in (work.choice, self.failed)
        self.reload = False
        if plan.computes_as(previous) and known:
            return False
        self.failed = None if plan.network == work.choice else self.failed
        if not known:
            self._open(plan.network, work)
        old = previous.requests if previous is not None else {}
        changed = {key for key in old if plan.requests.get(key) != old[key]}
        self._park(old, changed)
        self.ended -= changed
        self.finished -= changed
        self._drop_results(changed)
        self._resume({key: request for key, request in plan.requests.items() if key not in old})
        self._resume({key: plan.requests[key] for key in changed if key in plan.requests})
        return True

    def _park(self, requests: dict[str, Request], keys: set[str]) -> None:
        """Store the lenses that may be requested again, finished or not."""
        for key in keys:
            running, latest = self.pending.get(key), self.latest.get(key)
            is_finished = running is None and key in self.finished
            if not requests[key].resumes or latest is None or not (running or is_finished):
                continue
            self.parking.put(key, requests[key], Parked(running, latest))
            if running is not None:
                del self.pending[key]
                self.queue.remove(key)

    def _resume(self, requests: dict[str, Request]) -> None:
        """Go on with lenses that were left, and show what they gave last."""
        for key, request in requests.items():
            parked = self.parking.take(key, request) if request.resumes else None
            if parked is None:
                continue
            self.latest[key] = parked.latest
            if parked.running is not None:
                self._wait(key, replace(parked.running, request=request))
            else:
                self.ended.add(key)
                self.finished.add(key)
            self._post(key, parked.latest)

    def _keep(self, previous: Plan, plan: Plan, work: "Work") -> None:
        """Have what was requested saved: the value of the request as it was until now."""
        for key, count in plan.keep.items():
            value = self.latest.get(key)
            if count <= previous.keep.get(key, 0) or value is None:
                continue
            self._save(key, value, plan.which.get(key, -1), work)

    def _save(self, key: str, value: Any, which: int, work: "Work") -> None:
        """Have a picture saved, later where another process keeps the library busy."""
        try:
            self._post(SAVED, work.keep(key, value, which))
        except Busy as error:
            self.unsaved.append((key, value, which))
            self.save_time = time.perf_counter() + RETRY_SAVE_SECONDS
            self._post(SAVED, describe_delay(error, key))
        except BaseException as error:
            self._post(SAVED, describe_failure(error, key))

    @property
    def _has_unsaved(self) -> bool:
        return self.notes_unsaved or bool(self.unsaved)

    def _save_again(self, plan: Plan, work: "Work") -> None:
        """Try to save what another process has kept from being saved."""
        if self.notes_unsaved:
            self._write_notes(plan, work)
        for _ in range(0 if self.notes_unsaved else len(self.unsaved)):
            self._save(*self.unsaved.popleft(), work)

    def _drop_unsaved(self) -> None:
        """Report the pictures that were not saved in time, whose network has gone."""
        if self.unsaved:
            self._problem(
                Failure(
                    tr(
                        "Another process kept the library busy: not saved were {count} pictures "
                        "of the network before.",
                        count=len(self.unsaved),
                    ),
                    kind="Busy",
                )
            )
        self.unsaved.clear()

    def _write_notes(self, plan: Plan, work: "Work") -> None:
        """Have notes and bookmarks written; what has been written may be written again."""
        if work.choice is None:
            return
        self.notes_unsaved = False
        try:
            self._post(NOTES, work.mark(plan.marks))
        except Busy as error:
            self.notes_unsaved = True
            self.save_time = time.perf_counter() + RETRY_SAVE_SECONDS
            self._post(NOTES, describe_delay(error, NOTES))
        except BaseException as error:
            self._post(NOTES, describe_failure(error, NOTES))

    def _open(self, choice: NetworkChoice, work: "Work") -> None:
        self._post(BUSY, tr("Opening {name} ...", name=choice.net))
        self.opening = choice
        try:
            with self.engine.in_cancellable_pass(self):
                info = work.open(choice)
            self.failed = None
            self.retry.reset()
            self._drop_unsaved()
            self.ended.clear()
            self._drop_results({*self.pending, *self.latest})  # they look at the network before
            self.parking.close()
            self._post(INFO, info)
            self._write_notes(self.engine.plan or Plan(choice), work)
        except BaseException as error:  # a network's own code may raise anything
            self.failed = choice
            self._post(INFO, describe_failure(error, choice))
        finally:
            self.opening = None
            self._post(BUSY, "")

    def _live(self, plan: Plan, frame: Frame, work: "Work") -> None:
        try:
            live, scenes, failures = work.live(plan, frame)
        except Cancelled:
            self._problem(Failure(tr("The pass was cancelled; the next frame starts a new one.")))
            return
        except BaseException as error:
            failure = replace(describe_failure(error, LIVE), in_row=self.retry.note_failure())
            self._problem(failure)
            self._post(LIVE, failure)
            return
        self.retry.reset()
        mail = self.engine.mailbox
        is_short = self.follow_seconds < TOGETHER_SECONDS
        with mail.delay_wakes() if is_short else nullcontext():
            self._post_live(replace(live, dropped=self.engine.dropped))
            for key, failure in failures.items():
                self._post(key, failure)
            results = self._advance_scenes(plan, scenes, work)
            with mail.delay_wakes():  # one redraw for all lenses of a frame
                for key, value in results.items():
                    self._post(key, value)

    def _advance_scenes(self, plan: Plan, scenes: dict[str, Any], work: "Work") -> dict[str, Any]:
        """Return what the lenses that follow see in a frame; let the others wait for a step."""
        start, results = time.perf_counter(), {}
        for key, scene in scenes.items():
            request = plan.requests[key]
            if request.follow:
                results[key] = self._advance(key, Running(request, work.look(request, scene)))
            elif not (key in self.pending or key in self.ended):
                self._wait(key, Running(request, work.look(request, scene)))
        self.follow_seconds = time.perf_counter() - start
        return results

    def _post_live(self, live: Live) -> None:
        if not self.abandoned:
            self.engine.mailbox.post(LIVE, live)
            self.engine.listener(live)

    def _next_key(self) -> str | None:
        """Return the waiting lens whose turn it is; None where none waits but paused ones."""
        paused = self.plan.paused if self.plan is not None else ()
        return next((key for key in self.queue if key not in paused), None)

    def _step(self, key: str) -> None:
        """Take one step of one waiting lens, each in its turn."""
        self.queue.remove(key)
        self._post(key, self._advance(key, self.pending.pop(key)))

    def _advance(self, key: str, running: Running) -> Any:
        """Return the lens's next picture, or the failure that ended it.

        None at its end, and after a step whose picture nobody looks at.
        """
        try:
            value = next(running.steps, None)
        except BaseException as error:
            value = describe_failure(error, key)
            if not isinstance(error, DnnvisError):
                self._problem(value)
        if running.request.follow:
            running.steps.close()  # type: ignore[attr-defined]
        elif value is None or isinstance(value, Failure):
            if not running.request.restarts:
                self.ended.add(key)
                (self.finished.add if value is None else self.finished.discard)(key)
        elif isinstance(value, SkippedStep):
            self._wait(key, running)
            return None
        else:
            self.latest[key] = value
            self._wait(key, running)
        return value

    def _wait(self, key: str, running: Running) -> None:
        """Put a lens at the end of the queue for its next step."""
        self.pending[key] = running
        self.queue.append(key)

    def _drop_results(self, keys: set[str]) -> None:
        """Close these lenses, and drop their last results."""
        self._close([key for key in self.pending if key in keys])
        for key in keys:
            self.latest.pop(key, None)

    def _close(self, keys: list[str]) -> None:
        for key in keys:
            running = self.pending.pop(key, None)
            if running is not None:
                self.queue.remove(key)
                running.steps.close()  # type: ignore[attr-defined]

    def _problem(self, failure: Failure) -> None:
        if not self.abandoned:
            self.engine.mailbox.post_each(PROBLEM, failure)

    def _post(self, key: str, value: Any) -> None:
        if value is not None and not self.abandoned:
            self.engine.mailbox.post(key, value)
