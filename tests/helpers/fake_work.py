"""Work without torch, and a mailbox one can wait at."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, LayerInfo, Live, NetworkInfo
from dnnvis.core.notes import Marks, SavedNotes
from dnnvis.core.unit import Unit
from dnnvis.engine.engine import Engine
from dnnvis.engine.plan import NetworkChoice, Plan, Request

ABANDON_SECONDS = 10.0
TOY = NetworkChoice(net="toy")
UNIT = Unit("conv", 0)


def frame(number: int = 0) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), number)


def plan(network: NetworkChoice = TOY, layer: str = "conv", **requests: Request) -> Plan:
    return Plan(network, (layer,), requests=requests)


def follows(lens: str = "now") -> Request:
    return Request(lens, UNIT)


def lasts(lens: str, **params: Any) -> Request:
    return Request(lens, UNIT, tuple(params.items()), follow=False)


class Post(Mailbox):
    """Keeps everything that was ever posted; ``until`` waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, Any]] = []
        self._news = threading.Condition()

    def post(self, key: str, value: Any) -> None:
        super().post(key, value)
        with self._news:
            self.all.append((key, value))
            self._news.notify_all()

    def of(self, key: str) -> list[Any]:
        """Every value of ``key``; the numbers of problems do not count."""
        with self._news:
            return [value for name, value in self.all if name.split()[0] == key]

    def until(self, key: str, fits: Callable[[Any], bool] = lambda value: True) -> Any:
        """The first value of ``key`` that fits, waited for."""
        looked, found = 0, None

        def come() -> bool:
            nonlocal looked, found
            fresh, looked = self.all[looked:], len(self.all)
            found = next((v for name, v in fresh if name.split()[0] == key and fits(v)), None)
            return found is not None

        with self._news:
            assert self._news.wait_for(come, ABANDON_SECONDS), f"no such {key} in {self.all[-50:]}"
        return found

    def next(self, key: str) -> Any:
        """The next value of ``key`` from now on, waited for."""
        with self._news:
            begin = len(self.all)
            come = lambda: any(name == key for name, _ in self.all[begin:])  # noqa: E731
            assert self._news.wait_for(come, ABANDON_SECONDS), f"no more {key} in {self.all[-50:]}"
            return next(value for name, value in self.all[begin:] if name == key)


class Work:
    """Does what the test's functions say, and notes what it was asked for.

    ``looks``: lens name -> function (request, scene) giving an iterator.
    """

    def __init__(self, cancel: threading.Event) -> None:
        self.cancel = cancel
        self.network: Any = None
        self.choice: NetworkChoice | None = None
        self.opened: list[NetworkChoice] = []
        self.seen: list[int] = []
        self.layers: list[tuple[str, ...]] = []
        self.refused: set[str] = set()
        self.during: Callable[[Frame], None] = lambda frame: None
        self.while_opening: Callable[[NetworkChoice], None] = lambda choice: None
        self.failures: dict[str, Failure] = {}
        self.kept: list[int] = []  # which picture of several, each time
        self.keeps: Callable[[str, Any], Any] = lambda key, value: f"{key}: {value}"
        self.marks: list[Marks] = []  # that there were to write, each time
        self.looks: dict[str, Callable[[Request, Any], Iterator[Any]]] = {
            "now": lambda request, scene: iter_one(f"of frame {scene}"),
        }

    def open(self, choice: NetworkChoice) -> NetworkInfo:
        self.opened.append(choice)
        self.while_opening(choice)
        if choice.net in self.refused:
            raise BadInput(f"{choice.net} is refused.")
        self.network, self.choice = object(), choice
        return NetworkInfo(choice.net, (LayerInfo("conv", "Conv2d", (4, 2, 2)),), (), (2, 2), 3)

    def live(self, plan: Plan, frame: Frame) -> tuple[Live, dict[str, Any], dict[str, Failure]]:
        self.seen.append(frame.number)
        self.layers.append(plan.layers)
        self.during(frame)
        assert self.choice is not None
        empty = np.zeros(0, np.float32)
        live = Live(frame, self.choice.net, frame.pixels, {}, empty, 0.0)
        scenes = {key: frame.number for key in plan.requests if key not in self.failures}
        return live, scenes, self.failures

    def look(self, request: Request, scene: Any) -> Iterator[Any]:
        return self.looks[request.lens](request, scene)

    def keep(self, key: str, value: Any, which: int = -1) -> Any:
        self.kept.append(which)
        return self.keeps(key, value)

    def mark(self, marks: Marks) -> SavedNotes:
        self.marks.append(marks)
        return SavedNotes(self.choice, done=marks)


def iter_one(value: Any) -> Iterator[Any]:
    yield value


class Stage:
    """An engine with fake work and everything it posted. ``prepare`` sees every new Work."""

    def __init__(self, prepare: Callable[[Work], None] = lambda work: None) -> None:
        self.post = Post()
        self.works: list[Work] = []
        self._prepare = prepare
        self.engine = Engine(self._make, self.post)

    def _make(self, cancel: threading.Event) -> Work:
        work = Work(cancel)
        self._prepare(work)
        self.works.append(work)
        return work

    def shows(self, number: int) -> Live:
        """Wait until the frame of that number was looked at."""
        found: Live = self.post.until(
            "live", lambda live: isinstance(live, Live) and live.frame.number == number
        )
        return found

    def __enter__(self) -> "Stage":
        self.engine.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.engine.stop()


class Gate:
    """Holds whoever comes through while it is shut; tells that somebody stands there."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()
        self._open.set()

    def shut(self) -> None:
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def __call__(self, *ignored: Any) -> None:
        if not self._open.is_set():
            self.reached.set()
            assert self._open.wait(ABANDON_SECONDS)


def engine_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "dnnvis-engine"]
