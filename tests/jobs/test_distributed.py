"""A process that is lost is said in our words, whatever the others were waiting for."""

from collections.abc import Callable

import pytest
import torch.distributed

from dnnvis.core.errors import LostProcess
from dnnvis.jobs import distributed


@pytest.mark.parametrize(
    ("collective", "wait"),
    [
        ("barrier", distributed.barrier),
        ("all_gather_object", lambda: distributed.all_gather(1)),
        ("broadcast_object_list", lambda: distributed.broadcast_from_rank_zero(lambda: 1)),
    ],
)
def test_a_lost_process_is_a_sentence(
    collective: str, wait: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*values: object) -> None:
        raise RuntimeError("[pair.cc:561] Connection closed by peer [10.0.0.7]:43397")

    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.distributed, collective, lose)
    with pytest.raises(LostProcess, match="run the same command again") as caught:
        wait()
    assert "pair.cc" not in str(caught.value)
    assert "10.0.0.7" not in str(caught.value)
