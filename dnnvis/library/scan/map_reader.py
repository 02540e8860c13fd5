"""Read maps on a second thread, beside the pass that computes them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType

import torch
from torch import Tensor

from dnnvis.network.hooks import autograd_mode
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput

MAX_QUEUED_BYTES = 48 << 20  # of maps that wait to be read


class MapReader:
    """Runs readers of maps on a thread of its own, as far as it keeps up.

    Where more than ``MAX_QUEUED_BYTES`` of maps wait, the caller reads the next ones, so that
    neither thread waits for the other. Values are not copied: of a value that was changed in place
    meanwhile (its version differs) what was read counts as invalid, see ``join``.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._queue: deque[tuple[str, Callable[[Tensor], None], Tensor, int]] = deque()
        self._queued_bytes = 0
        self._is_reading = self._is_closed = False
        self._changed: set[str] = set()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="dnnvis-maps", daemon=True)
        self._thread.start()

    def __enter__(self) -> "MapReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, layer: str, read: Callable[[Tensor], None], value: Tensor) -> None:
        """Call ``read(value)`` on the thread, or at once where too much waits already.

        Args:
            layer: Name of the layer.
            read: Reads the maps; it does not change them.
            value: Maps (B, C, H, W) that are not an inference tensor.
        """
        size = value.nbytes
        with self._condition:
            has_room = self._queued_bytes + size <= MAX_QUEUED_BYTES
            if has_room:
                self._queue.append((layer, read, value, value._version))
                self._queued_bytes += size
                self._condition.notify_all()
        if not has_room:
            read(value)

    def join(self) -> set[str]:
        """Read what still waits, and return the layers whose values were changed too early.

        Raises:
            Exception: What a reader raised on the thread.
        """
        while self._read_next():
            pass
        with self._condition:
            self._condition.wait_for(lambda: not self._is_reading)
            changed, self._changed = self._changed, set()
            error, self._error = self._error, None
        if error is not None:
            raise error
        return changed

    def discard(self) -> None:
        """Forget what waits, and wait for what is being read."""
        with self._condition:
            self._queue.clear()
            self._queued_bytes = 0
            self._condition.notify_all()
            self._condition.wait_for(lambda: not self._is_reading)
            self._changed, self._error = set(), None

    def close(self) -> None:
        """Forget what waits, and join the thread."""
        self.discard()
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_closed or bool(self._queue))
                if self._is_closed:
                    return
                entry = self._pop()
                self._is_reading = True
            try:
                if entry is not None:
                    self._read(*entry)
            except BaseException as error:
                self._error = error
            del entry  # its memory is the pass's again
            with self._condition:
                self._is_reading = False
                self._condition.notify_all()

    def _pop(self) -> tuple[str, Callable[[Tensor], None], Tensor, int] | None:
        if not self._queue:
            return None
        entry = self._queue.popleft()
        self._queued_bytes -= entry[2].nbytes
        return entry

    def _read_next(self) -> bool:
        """Read, on the caller's thread, what waits longest; return whether there was anything."""
        with self._condition:
            entry = self._pop()
        if entry is not None:
            self._read(*entry)
        return entry is not None

    def _read(
        self, layer: str, read: Callable[[Tensor], None], value: Tensor, version: int
    ) -> None:
        with autograd_mode(False):
            read(value)
        if value._version != version:
            self._changed.add(layer)


def list_overwritten_layers(net: Network, layers: Sequence[str]) -> frozenset[str]:
    """Return the layers whose values do not last until the end of a pass.

    In a pass over a gray picture: changed in place, or their memory is used again, whether torch
    counts the change or not; or nothing can be known of them (inference tensors).
    """
    originals: list[tuple[LayerOutput, Tensor, int]] = []
    overwritten: set[str] = set()

    def hold(layer_output: LayerOutput) -> None:
        value = layer_output.value
        if value.is_inference():
            overwritten.add(layer_output.layer)
        else:
            originals.append((layer_output, value.clone(), value._version))

    gray = torch.full((1, net.card.channels, *net.card.size), 0.5, device=net.device)
    net.stream_layers(gray, layers, hold)
    for layer_output, original, version in originals:
        value = layer_output.value
        lasts = value._version == version and torch.equal(value.nan_to_num(), original.nan_to_num())
        if not lasts:
            overwritten.add(layer_output.layer)
    return frozenset(overwritten)
