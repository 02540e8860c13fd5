"""Latest value per key, and one wake-up until the reader has read."""

import threading

import pytest

from dnnvis.core.mailbox import MAX_DELAY_SECONDS, Mailbox


def test_the_latest_value_of_a_key_wins() -> None:
    box = Mailbox()
    for value in range(5):
        box.post("live", value)
    box.post("lens", "x")
    assert box.waiting()
    assert box.collect() == {"live": 4, "lens": "x"}
    assert box.collect() == {}
    assert not box.waiting()


def test_the_reader_is_woken_once_until_it_collects() -> None:
    woken: list[int] = []
    box = Mailbox(lambda: woken.append(1))
    for k in range(10):
        box.post("live", k)
    assert len(woken) == 1
    box.collect()
    assert len(woken) == 1
    box.post("live", 11)
    box.post("other", 12)
    assert len(woken) == 2


def test_waking_may_collect_at_once_and_posts_are_not_held_up() -> None:
    seen: list[dict[str, int]] = []
    box = Mailbox()
    box.wake = lambda: seen.append(box.collect())
    box.post("a", 1)
    box.post("b", 2)
    assert seen == [{"a": 1}, {"b": 2}]


def test_what_was_numbered_is_all_kept() -> None:
    box = Mailbox()
    for k in range(3):
        box.post_each("problem", k)
    assert list(box.collect().values()) == [0, 1, 2]


def test_nothing_is_lost_between_threads() -> None:
    signal = threading.Event()
    box = Mailbox(signal.set)
    last, posts, makers = 2000, 4, []

    def post(name: str) -> None:
        for k in range(last + 1):
            box.post(name, k)

    names = [f"key {k}" for k in range(posts)]
    makers = [threading.Thread(target=post, args=(name,)) for name in names]
    for maker in makers:
        maker.start()
    newest: dict[str, int] = {}
    while any(newest.get(name) != last for name in names):
        assert signal.wait(20), "a value waited and nobody was woken"
        signal.clear()
        for name, value in box.collect().items():
            assert value >= newest.get(name, 0), "an older value came after a newer one"
            newest[name] = value
    for maker in makers:
        maker.join()


def test_a_delay_that_lasts_keeps_back_no_later_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 50.0}
    monkeypatch.setattr("dnnvis.core.mailbox.time.perf_counter", lambda: clock["now"])
    woken: list[dict[str, int]] = []
    box = Mailbox()
    box.wake = lambda: woken.append(box.collect())
    hangs = box.delay_wakes()
    hangs.__enter__()
    box.post("live", 1)
    clock["now"] += MAX_DELAY_SECONDS / 2
    box.post("lens", 2)
    assert not woken
    clock["now"] += MAX_DELAY_SECONDS
    box.post("busy", 3)  # of another thread, which saw that nothing comes
    assert woken == [{"live": 1, "lens": 2, "busy": 3}]
    with box.delay_wakes():  # a thread that goes on instead
        box.post("live", 4)
        assert len(woken) == 1
        clock["now"] += 2 * MAX_DELAY_SECONDS
    assert woken[1] == {"live": 4}
