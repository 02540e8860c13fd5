"""After Cancel the user has a living engine again, whatever hung: the way through Toolbox."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dnnvis.app.runtime.backend import Backend, Services
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.engine import engine as engine_module
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State
from helpers.fake_work import ABANDON_SECONDS, TOY, Stage, Work, frame

OTHER = NetworkChoice(net="other")


class Feeder:
    rate, position = 30.0, None

    def __init__(self) -> None:
        self.opened = 0

    def open(self, make: Any, cap: float) -> None:
        self.opened += 1

    def pause(self, paused: bool) -> None: ...
    def step(self, steps: int = 1) -> None: ...
    def seek(self, share: float) -> None: ...
    def next(self) -> None: ...
    def previous(self) -> None: ...
    def stop(self) -> None: ...


class User:
    """A toolbox whose mail is read by hand, as the window does."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.session = Session(State(network=TOY))
        catalog = Services(
            choice_from_text=lambda text: {"kind": "demo"},
            cameras=list,
            bundled=list,
            torchvision=list,
        )
        self.backend = Backend(
            self.session, stage.engine, Feeder(), stage.post, lambda choice: None, catalog
        )
        self.backend.start()

    def read_mail(self) -> None:
        for key, value in self.stage.post.collect().items():
            if isinstance(value, NetworkInfo):
                self.backend.on_network_opened(value)
            elif key == "info" and isinstance(value, Failure):
                self.backend.on_open_failed(value)

    def sees(self, number: int) -> str:
        self.stage.engine.see(frame(number))
        return self.stage.shows(number).network


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set = nothing hangs (any more)."""
    monkeypatch.setattr(engine_module, "ABANDON_SECONDS", 0.1)
    go_on = threading.Event()
    yield go_on
    go_on.set()


def make_user(hang: threading.Event, reached: threading.Event, *, opening: bool) -> User:
    def wait(net: str) -> None:
        if net == "other":
            reached.set()
            assert hang.wait(ABANDON_SECONDS)

    def prepare(work: Work) -> None:
        if opening:
            work.while_opening = lambda choice: wait(choice.net)
        else:
            work.during = lambda seen: wait(work.choice.net if work.choice else "")

    return User(Stage(prepare))


def test_a_network_that_hangs_while_opened_gives_way_to_the_one_before(
    hang: threading.Event,
) -> None:
    reached = threading.Event()
    user = make_user(hang, reached, opening=True)
    with_info = user.stage.post.until("info")
    assert with_info.name == "toy"
    user.read_mail()
    assert user.sees(1) == "toy"
    user.session.update(network=OTHER)
    assert reached.wait(ABANDON_SECONDS)
    user.stage.engine.cancel()
    user.stage.post.until("info", lambda info: isinstance(info, Failure))
    user.read_mail()
    assert user.session.state.network == TOY
    assert user.sees(2) == "toy"
    hang.set()
    user.session.update(network=OTHER)  # a second try is a try
    user.stage.post.until("info", lambda info: getattr(info, "name", "") == "other")
    assert user.sees(3) == "other"
    user.backend.stop()


def test_a_network_that_hangs_in_a_pass_can_be_left_for_another(hang: threading.Event) -> None:
    reached = threading.Event()
    user = make_user(hang, reached, opening=False)
    user.stage.post.until("info")
    user.read_mail()
    user.session.update(network=OTHER)
    user.stage.post.until("info", lambda info: getattr(info, "name", "") == "other")
    user.read_mail()
    user.stage.engine.see(frame(1))
    assert reached.wait(ABANDON_SECONDS)
    user.session.update(network=TOY)  # the user has had enough
    user.stage.engine.cancel()
    user.stage.post.until("problem")
    assert user.sees(2) == "toy"
    user.read_mail()
    assert user.session.state.network == TOY
    hang.set()
    user.backend.stop()


def test_after_cancel_a_wish_is_enough_for_another_or_the_same(
    hang: threading.Event,
) -> None:
    reached = threading.Event()
    user = make_user(hang, reached, opening=False)
    user.stage.post.until("info")
    user.read_mail()
    user.session.update(network=OTHER)
    first = user.stage.post.until("info", lambda info: getattr(info, "name", "") == "other")
    user.read_mail()
    user.stage.engine.see(frame(1))
    assert reached.wait(ABANDON_SECONDS)
    user.stage.engine.cancel()
    user.stage.post.until("problem")
    user.session.update(network=TOY)  # the one that hung hangs still
    assert user.sees(2) == "toy"
    user.read_mail()
    hang.set()
    user.session.update(network=OTHER)
    user.stage.post.until("info", lambda info: info is not first and info.name == "other")
    assert user.sees(3) == "other"
    user.backend.stop()


def test_names_are_read_once_and_after_a_failure_again() -> None:
    calls, post = [], Mailbox()
    answers: list[Any] = [ValueError("no torchvision"), ["alexnet", "vgg16"]]

    def torchvision() -> list[str]:
        calls.append(threading.current_thread().name)
        answer = answers[len(calls) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    services = Services(
        choice_from_text=lambda text: {},
        cameras=lambda: [],
        bundled=lambda: [],
        torchvision=torchvision,
    )
    backend = Backend(Session(), None, Feeder(), post, lambda choice: None, services)
    mail: dict[str, Any] = {}
    for key in ("problem names", "names", "names"):
        backend.load_names()
        deadline = time.monotonic() + 5
        while key not in mail and time.monotonic() < deadline:
            mail |= post.collect()
            time.sleep(0.001)
        assert key in mail
    assert "no torchvision" in mail["problem names"].sentence
    assert mail["names"] == ("alexnet", "vgg16")
    assert calls == ["dnnvis-names"] * 2


class Engine:
    """Takes plans and runs nothing."""

    def follow(self, plan: Any) -> None: ...
    def retry(self, reload: bool) -> None: ...


def own_network_runs(net: str) -> Backend:
    session = Session(State(network=NetworkChoice(net=net, size="16", trust_code=True)))
    services = Services(
        choice_from_text=lambda text: {"kind": "demo"}, cameras=list, bundled=list, torchvision=list
    )
    engine: Any = Engine()
    feeder: Any = Feeder()
    backend = Backend(session, engine, feeder, Mailbox(lambda: None), lambda choice: None, services)
    layers = (LayerInfo("conv", "Conv2d", (4, 2, 2)),)
    backend.info = NetworkInfo("own", layers, (), (2, 2), 3, choice=session.state.network)
    return backend


def test_weights_are_tried_on_the_own_network_that_runs() -> None:
    backend = own_network_runs("own.py:make")
    backend.run_weights("w.pt")
    choice = backend.session.state.network
    expected = NetworkChoice("own.py:make", "w.pt", size="16", trust_code=True)
    assert choice == expected


@pytest.mark.parametrize(
    ("kind", "net"),
    [("Mismatch", "w.pt"), ("BadInput", "own.py:make"), ("NotTrusted", "own.py:make")],
)
def test_those_that_do_not_fit_it_are_opened_alone(
    kind: str, net: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.app.runtime.backend.plan_for", lambda state, info: None)
    backend = own_network_runs("own.py:make")
    backend.run_weights("w.pt")
    choice = backend.session.state.network
    backend.on_open_failed(Failure("It does not fit.", kind=kind, about=choice))
    assert backend.session.state.network.net == net
    assert backend.session.state.network.checkpoint is None


def test_beside_a_named_network_weights_are_a_network() -> None:
    backend = own_network_runs("net2-cifar10")
    backend.run_weights("w.pt")
    assert backend.session.state.network == NetworkChoice(net="w.pt")


def test_what_changes_after_the_end_opens_no_source() -> None:
    """A window that is closed still gets a late signal of a panel, or of a timer."""
    user = User(Stage())
    feeder = user.backend.feeder
    user.session.update(source=SourceChoice("pictures", "one"))
    assert feeder.opened == 2  # the first at the start
    user.backend.stop()
    user.session.settle(source=SourceChoice("pictures", "another"))
    user.session.update(theme="dark")
    user.backend.open_source(SourceChoice("pictures", "a third"))
    assert feeder.opened == 2
    user.backend.start()
    assert feeder.opened == 3
    user.backend.stop()
