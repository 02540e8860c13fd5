"""Write the newest weights of a training into a file, now and then, for whoever watches."""

import time
from pathlib import Path

from safetensors.torch import save
from torch import nn

from dnnvis.core.stable_file import write_whole
from dnnvis.training.loop import TrainingTask
from dnnvis.training.net2_task import Net2Task
from dnnvis.zoo.net2 import fold

LIVE_FILE = "live.safetensors"
INTERVAL_SECONDS = 1.0  # between two files


class LiveFile:
    """A file of weights in the folder of a run, as the network that is opened has them."""

    def __init__(self, folder: Path, interval: float = INTERVAL_SECONDS) -> None:
        self.path = folder / LIVE_FILE
        self._interval = interval
        self._due = 0.0

    def write_due(self, task: TrainingTask) -> bool:
        """Write the weights where the last ones are old enough; return whether it did.

        What writing takes delays the next one as long again: a large network is not slowed down by
        more than a tenth.
        """
        start = time.perf_counter()
        if start < self._due:
            return False
        state = shown_module(task).state_dict()
        write_whole(self.path, save({name: value.contiguous() for name, value in state.items()}))
        elapsed = time.perf_counter() - start
        self._due = start + max(self._interval, 10 * elapsed)
        return True


def shown_module(task: TrainingTask) -> nn.Module:
    """Return the module as it is opened later: Net2 without its batch norms."""
    module = task.module
    if isinstance(task, Net2Task) and isinstance(module, nn.Sequential):
        return fold(module)
    return module
