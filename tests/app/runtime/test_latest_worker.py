"""One thread for many tasks, of which only the newest of a kind counts."""

import threading
import time

import pytest

from dnnvis.app.runtime import latest_worker
from dnnvis.app.runtime.latest_worker import LatestWorker


def test_of_several_wishes_under_one_key_the_last_is_done() -> None:
    begun, go, over = threading.Event(), threading.Event(), threading.Event()
    posts: list[tuple[str, object]] = []

    def post(key: str, made: object) -> None:
        posts.append((key, made))
        if made == "other":
            over.set()

    worker = LatestWorker("dnnvis-test", post)

    def first() -> str:
        begun.set()
        go.wait(5)
        return "first"

    worker.submit("a", first)
    assert begun.wait(5)
    for k in range(5):
        worker.submit("a", lambda k=k: k)
    worker.submit("b", lambda: "other")
    go.set()
    assert over.wait(5)
    assert posts == [("a", "first"), ("a", 4), ("b", "other")]
    worker.close()
    worker.close()
    assert not worker.is_running


def test_what_lasts_is_done_before_the_thread_ends_and_nothing_else() -> None:
    begun, closing = threading.Event(), threading.Event()
    posts: list[tuple[str, object]] = []
    worker = LatestWorker("dnnvis-test", lambda key, made: posts.append((key, made)), ("table",))

    def first() -> str:
        begun.set()
        while worker.is_running:
            closing.wait(0.001)
        return "first"

    worker.submit("a", first)
    assert begun.wait(5)
    worker.submit("b", lambda: "gone")
    worker.submit("table", lambda: "kept")
    worker.close()
    assert posts == [("a", "first"), ("table", "kept")]


def test_a_task_that_hangs_does_not_keep_a_window_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest_worker, "CLOSE_SECONDS", 0.05)
    begun, go, over = threading.Event(), threading.Event(), threading.Event()
    worker = LatestWorker("dnnvis-test", lambda key, made: over.set())

    def hang() -> None:
        begun.set()
        go.wait(20)

    worker.submit("a", hang)
    assert begun.wait(5)
    worker.close()
    assert not over.is_set()
    assert not worker.is_running
    go.set()
    assert over.wait(5)


def test_a_thread_that_does_not_stay_ends_by_itself_and_begins_again() -> None:
    results: list[tuple[str, object, int]] = []

    def deliver(key: str, result: object) -> None:
        results.append((key, result, threading.get_ident()))

    worker = LatestWorker("dnnvis-test", deliver, stay=False)
    for k in range(3):
        worker.submit("a", lambda k=k: k)
        deadline = time.monotonic() + 5
        while worker.is_running and time.monotonic() < deadline:
            time.sleep(0.001)
        assert not worker.is_running
    assert [result[:2] for result in results] == [("a", 0), ("a", 1), ("a", 2)]
    assert threading.get_ident() not in {ident for _, _, ident in results}
    worker.close()
