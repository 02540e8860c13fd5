"""What is looked into beside the window's thread."""

import threading
from typing import Any

import pytest

from dnnvis.app.runtime import source_finder
from dnnvis.app.runtime.source_finder import PARSED_SOURCE, ParsedSource, SourceFinder
from dnnvis.core.errors import BadInput
from dnnvis.core.mailbox import Mailbox


def wait_for_mail(mailbox: Mailbox, woken: threading.Event) -> dict[str, Any]:
    assert woken.wait(5)
    woken.clear()
    return mailbox.collect()


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def mailbox(woken: threading.Event) -> Mailbox:
    return Mailbox(woken.set)


def test_what_is_found_arrives_from_another_thread(
    mailbox: Mailbox, woken: threading.Event
) -> None:
    finder, threads = SourceFinder(mailbox), list[threading.Thread]()

    def find() -> dict[str, Any]:
        threads.append(threading.current_thread())
        return {"kind": "demo"}

    finder.submit(find, "demo")
    parsed = wait_for_mail(mailbox, woken)[PARSED_SOURCE]
    assert parsed == ParsedSource(1, {"kind": "demo"})
    assert finder.is_latest(parsed)
    assert threads != [threading.current_thread()]
    finder.cancel()
    assert not finder.is_latest(parsed)
    finder.close()


def test_the_last_request_counts_whichever_is_done_first(
    mailbox: Mailbox, woken: threading.Event
) -> None:
    finder, go_on, done = SourceFinder(mailbox), threading.Event(), threading.Event()

    def hang() -> dict[str, Any]:
        go_on.wait(10)
        done.set()
        return {"path": "slow"}

    finder.submit(hang, "slow")
    finder.submit(lambda: {"path": "quick"}, "quick")
    assert wait_for_mail(mailbox, woken)[PARSED_SOURCE].fields == {"path": "quick"}
    slow = next(thread for thread in threading.enumerate() if thread.name == "dnnvis-open")
    go_on.set()
    slow.join(5)
    assert done.is_set()
    assert not mailbox.waiting()
    finder.close()


def test_a_failure_is_a_problem_and_what_takes_long_is_named(
    mailbox: Mailbox, woken: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_finder, "SLOW_SECONDS", 0.01)
    finder, go_on = SourceFinder(mailbox), threading.Event()

    def fail() -> dict[str, Any]:
        go_on.wait(10)
        raise BadInput("It is gone.")

    finder.submit(fail, "cat.png")
    (note,) = wait_for_mail(mailbox, woken).values()
    assert (note.kind, note.sentence.split(" ...")[0]) == ("Note", "Opening cat.png")
    go_on.set()
    (failure,) = wait_for_mail(mailbox, woken).values()
    assert failure.sentence == "It is gone."
    finder.close()
