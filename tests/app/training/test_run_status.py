"""Where a run stands is read on a thread of its own."""

import threading
from pathlib import Path
from typing import Any

from dnnvis.app.training.run_status import STATUS_KEY, create_status_request
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure


def test_only_the_last_of_many_questions_is_answered() -> None:
    gate, posted, done = threading.Event(), [], threading.Event()

    def read(folder: Path, network: Path) -> str:
        assert gate.wait(10)
        return folder.name

    def post(key: str, value: Any) -> None:
        posted.append((key, value[0][0].name, value[1]))
        if value[1] == "c":
            done.set()

    request = create_status_request(read, post)
    for name in "abc":
        request((Path(name), Path("n")))
    gate.set()
    assert done.wait(10)
    assert posted in (
        [(STATUS_KEY, "a", "a"), (STATUS_KEY, "c", "c")],
        [(STATUS_KEY, "b", "b"), (STATUS_KEY, "c", "c")],
        [(STATUS_KEY, "c", "c")],
    )


def test_what_cannot_be_read_is_answered_by_its_sentence() -> None:
    posted: list[Any] = []
    done = threading.Event()

    def read(folder: Path, network: Path) -> None:
        raise BadInput("It is broken; begin anew.")

    def post(key: str, value: Any) -> None:
        posted.append(value)
        done.set()

    create_status_request(read, post)((Path("a"), Path("n")))
    assert done.wait(10)
    assert isinstance(posted[0][1], Failure)
    assert posted[0][1].sentence.startswith("It is broken")
