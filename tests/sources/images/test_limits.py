"""What one picture may cost, and what reading it takes."""

import io

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.images import limits
from dnnvis.sources.images.limits import read_limited


class Watched(io.BytesIO):
    """A file that remembers how much it was asked for at once."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size > 0
        self.largest = max(self.largest, size)
        return super().read(size)


@pytest.mark.parametrize("size", [1, limits.PIECE_BYTES, 2 * limits.PIECE_BYTES + 7])
def test_reading_takes_memory_for_what_there_is(size: int) -> None:
    data = np.random.default_rng(0).bytes(size)
    file = Watched(data)
    assert read_limited(file, "a") == data
    assert file.largest <= 1 << 23


def test_nothing_and_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="empty"):
        read_limited(io.BytesIO(), "a")
    monkeypatch.setattr(limits, "MAX_BYTES", 10_000)
    monkeypatch.setattr(limits, "PIECE_BYTES", 4096)
    assert len(read_limited(io.BytesIO(bytes(10_000)), "a")) == 10_000
    endless = io.BytesIO(bytes(1_000_000))
    with pytest.raises(BadInput, match="the most that is read"):
        read_limited(endless, "a")
    assert endless.tell() <= 16_384
