"""The edits of the live view: on while a frame runs, and what the network would do without them."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from dnnvis.core.edit import Edit, parse_edits
from dnnvis.core.messages import Unedited
from dnnvis.network.cache import NetworkCache
from dnnvis.network.editing.edits import check_edit
from dnnvis.network.fusion.fused_pass import FusedPass
from dnnvis.network.network import Network
from dnnvis.network.values import to_float32

MAX_MEAN_FRAMES = 100  # that ``mean`` is taken over, the latest ones
MEAN_SECONDS = 0.25  # between two of them
COMPARED_FRACTION = 0.02  # of the time at most that passes without edits take, beside frames
IDLE_FRACTION = 0.5  # of the time between two frames that they take besides ...
BUSY_FRACTION = 0.25  # ... less so much of a pass, in which its results are passed on
PAUSE_SECONDS = 0.2  # between two frames: nothing else waits
MAX_SAVED_PASSES = 2.0  # of time that was not used so far

Key = tuple[tuple[Edit, ...], tuple[str, ...], int]  # edits, layers and call that are compared
#: What was compared last: the pixels, and what the network does with them. New weights drop it.
_LATEST = NetworkCache[Key, tuple[Tensor, Unedited]]()


class LiveEdits:
    """Apply the edits of a plan, know their means, and compare with the network as it is.

    Used by the engine's thread only.
    """

    def __init__(self) -> None:
        self._network: Network | None = None
        self._checked: dict[tuple[str, ...], tuple[Edit, ...]] = {}
        self._samples: dict[Edit, deque[Tensor]] = {}
        self._mean_due = 0.0
        self._compared: Key | None = None  # the last one
        self._saved_seconds = 0.0  # that passes without edits may take
        self._compare_seconds = 0.0  # of the latest one
        self._last_end = 0.0

    @contextmanager
    def apply(self, network: Network, texts: Sequence[str]) -> Iterator[None]:
        """Apply edits within the context; errors as ``Network.edited``."""
        if not texts:
            yield
            return
        with network.edits.apply(self._check(network, tuple(texts))):
            yield

    def learn(self, network: Network, texts: Sequence[str], x: Tensor) -> None:
        """Take a frame (1, C, H, W) into the means of the edits that need some, now and then."""
        if not texts:
            return
        edits = [each for each in self._check(network, tuple(texts)) if each.action == "mean"]
        missing = any(edit not in network.edits.means for edit in edits)
        if not edits or (time.perf_counter() < self._mean_due and not missing):
            return
        start = time.perf_counter()
        for edit, mean in network.edits.measure_means(network, edits, [x]).items():
            samples = self._samples.setdefault(edit, deque(maxlen=MAX_MEAN_FRAMES))
            samples.append(mean)
            network.edits.means[edit] = torch.stack(tuple(samples)).mean(0)
        end = time.perf_counter()
        self._mean_due = end + max(MEAN_SECONDS, (end - start) / COMPARED_FRACTION)

    def compare(
        self,
        network: Network,
        texts: Sequence[str],
        x: Tensor,
        layers: Sequence[str],
        call: int,
        frame: int,
        fused: FusedPass | None = None,
    ) -> Unedited | None:
        """Return what the network does with a frame without the edits, where there is time for it.

        A frame that is run once more has the answer of before: the window may have seen its latest
        pass only, and of a picture that is held there is no other.

        Args:
            network: The network; no edits are applied.
            texts: The edits that the frame was run with. Other edits, layers or calls than last
                time are always compared: a picture that is held is not run again.
            x: Pixels (1, C, H, W) in [0, 1].
            layers: Layers whose maps are compared.
            call: The call on show.
            frame: Number of the frame.
            fused: Makes the pass, where it may be a fused one as that with the edits was.

        Returns:
            Its answer and maps; None where frames come faster than two passes take, and the last
            comparison was not long ago.
        """
        key = self._check(network, tuple(texts)), tuple(layers), call
        latest = _LATEST.of(network)
        if key in latest:
            pixels, unedited = latest[key]
            if unedited.frame == frame and torch.equal(pixels, x):
                return unedited
        if key == self._compared and self._saved_seconds < self._compare_seconds:
            return None
        start = time.perf_counter()
        with network.edits.suspend(network.edits.lasting):
            if fused is None:
                recording = network.run(x, tuple(layers))
            else:
                recording = fused.run(network, x, tuple(layers))
        maps = {}
        for name in layers:
            hook = recording.hooks.get(name)
            if hook is not None and not hook.values:
                continue  # it did not run on this picture
            count = recording.count(name)
            index = call if -count <= call < count else -1
            maps[name] = to_float32(recording.tensor(name, index)[0])
        self._compared, self._compare_seconds = key, time.perf_counter() - start
        self._saved_seconds = max(0.0, self._saved_seconds - self._compare_seconds)
        unedited = Unedited(frame, recording.output.reshape(-1), maps)
        latest.clear()
        latest[key] = x.clone(), unedited
        return unedited

    def note_frame(self, start: float, end: float, born: float) -> None:
        """Take in when a frame was run, to know how much time is idle between two.

        None is where the next frame was born, and waited, before the last one was done; but for one
        that is run again after a pause.

        Args:
            start: When its pass began, in seconds.
            end: When it was done.
            born: When its source gave it.
        """
        idle = max(0.0, start - self._last_end - BUSY_FRACTION * (end - start))
        if born <= self._last_end and idle < PAUSE_SECONDS:
            idle = 0.0
        self._saved_seconds += IDLE_FRACTION * idle + COMPARED_FRACTION * (end - start)
        limit = MAX_SAVED_PASSES * self._compare_seconds
        self._saved_seconds = min(self._saved_seconds, limit)
        self._last_end = end

    def _check(self, network: Network, texts: tuple[str, ...]) -> tuple[Edit, ...]:
        """Return the edits of texts for a network, checked once for each of its tables."""
        if network is not self._network:
            self._network = network
            self._checked.clear()
            self._samples.clear()
            self._compared = None
        if texts not in self._checked:
            if len(self._checked) > 100:  # of keys held for many units
                self._checked.clear()
            parsed = parse_edits(texts, network.table.names)
            self._checked[texts] = tuple(check_edit(network, edit) for edit in parsed)
        return self._checked[texts]
