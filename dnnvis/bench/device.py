"""Measure for ``dnnvis bench device`` an accelerator against the processor: right first, then fast.

Each figure is taken on both devices in the same run, by the functions that the window, the command
line and scripts use; what is timed on the accelerator ends with a wait for it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

import dnnvis
from dnnvis.bench.baseline import find_middle_convolution, measure_backward_seconds, measure_rate
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.scan import make_pictures, measure_baseline_rate
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import REDIRECTED_STEPS, BatchAscent
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.library.scan.scan import scan
from dnnvis.library.scan.worker import choose_settings
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data
from dnnvis.zoo.catalog import open_network

RULES = ("gradient", "guided", "deconvnet")
RELATIVE_TOLERANCE = 1e-3  # of the largest value: float32 on another device adds in another order
CHECKED_FRAMES = 3
ASCENT_BATCHES = (1, 8, 32)
ASCENT_STEPS = 12  # timed, after those that may go back twice
MAP_EXAMPLES, MAP_SIDE = 240, 32
NO_ACCELERATOR = (
    "There is no accelerator here: torch {version} sees neither CUDA nor MPS. Pass --device cpu to "
    "run the same rows on the processor."
)


@dataclass(frozen=True)
class DeviceBenchConfig:
    """Say where and on what the rows are measured."""

    #: ``auto``, or what torch calls the device.
    device: str = "auto"
    #: Networks of the catalog; weights are random where they cannot be had.
    models: tuple[str, ...] = ("squeezenet-imagenet", "resnet18", "vit_b_16")
    #: Seconds for each rate.
    seconds: float = 2.0
    #: Pictures that are scanned.
    pictures: int = 512


def choose_device(name: str) -> str:
    """Return the device that a name stands for; raise BadInput where there is none."""
    if name != "auto":
        try:
            torch.zeros(1, device=name).cpu()
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise BadInput(f"torch cannot use the device '{name}': {reason}.") from error
        return name
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    raise BadInput(NO_ACCELERATOR.format(version=torch.__version__))


def describe_machine(device: str) -> dict[str, str]:
    """Return the names and versions that the figures belong to."""
    kind = torch.device(device).type
    name = torch.cuda.get_device_name(device) if kind == "cuda" else kind
    admitted = next(
        (line for line in metadata.requires("dnnvis") or () if line.startswith("torch>")), "torch"
    )
    return {"device": name, "torch": torch.__version__, "admitted": admitted.split(";")[0].strip()}


def wait_for(device: torch.device) -> None:
    """Wait until everything that was put on the device's queue is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def measure(config: DeviceBenchConfig, log: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Yield a row of figures for each network, the first one with the machine's names.

    Args:
        config: Where and on what.
        log: Is given a line about each result.

    Yields:
        Figures by name, JSON can hold them. A row that fails has its reason instead: the others
        are measured all the same.

    Raises:
        BadInput: There is no such device.
    """
    device = choose_device(config.device)
    yield describe_machine(device)
    for model in config.models:
        row = _Row(model, device, config)
        for title, part in row.parts():
            try:
                figures = part()
            except Exception as error:  # the next device, too, may lack one operation
                figures = {title: f"failed: {type(error).__name__}: {str(error).splitlines()[0]}"}
            for name, figure in figures.items():
                log(f"{model}: {name} {figure}")
            yield {"model": model} | figures


class _Row:
    """One network on both devices."""

    def __init__(self, model: str, device: str, config: DeviceBenchConfig) -> None:
        self.config, self.model = config, model
        self.own = _open(model, device)
        self.reference = _open(model, "cpu")
        self.frames = demo_frames()

    def parts(self) -> tuple[tuple[str, Callable[[], dict[str, Any]]], ...]:
        """Return the parts of the table, by title."""
        return (
            ("lenses", self._check_lenses),
            ("live", self._measure_live),
            ("three views", self._measure_views),
            ("ascent", self._measure_ascent),
            ("scan", self._measure_scan),
            ("map", self._measure_map),
        )

    def _check_lenses(self) -> dict[str, Any]:
        """Compare what the device gives with the processor: the output, and three views."""
        unit = Unit(find_middle_convolution(self.reference), 0)
        worst: dict[str, float] = {}
        for frame in self.frames[:CHECKED_FRAMES]:
            pairs = {"output": [_output(net, frame) for net in (self.own, self.reference)]}
            for rule in RULES:
                pairs[rule] = [
                    dnnvis.look(net, rule, unit, image=frame.pixels).values
                    for net in (self.own, self.reference)
                ]
            for name, (own, expected) in pairs.items():
                worst[name] = max(worst.get(name, 0.0), relative_error(own, expected))
        right = all(error <= RELATIVE_TOLERANCE for error in worst.values())
        listed = ", ".join(f"{name} {error:.1e}" for name, error in worst.items())
        return {"right (to the processor)": f"{'yes' if right else 'NO'}; {listed}"}

    def _measure_live(self) -> dict[str, Any]:
        """Measure frames a second as the engine makes them, and a frame's age."""
        layer = find_middle_convolution(self.own)
        bare = _rate(self.own, self.frames, self.config.seconds)
        ages: list[float] = []
        start = time.perf_counter()
        while time.perf_counter() - start < self.config.seconds or len(ages) < 3:
            born = time.perf_counter()
            recording = self.own.record(self.frames[len(ages) % len(self.frames)].pixels, [layer])
            _ = recording[layer], recording.output  # they have arrived as arrays
            ages.append(time.perf_counter() - born)
        slow = measure_rate(self.reference, self.frames, self.config.seconds)
        return {
            "live / bare": f"{len(ages) / sum(ages) / bare:.2f} ({bare:.0f} bare a second)",
            "age": f"{median(ages) * 1000:.1f} ms",
            "bare / processor": f"{bare / slow:.1f}x",
        }

    def _measure_views(self) -> dict[str, Any]:
        """Measure three views of a unit against a forward and three backward passes."""
        unit = Unit(find_middle_convolution(self.own), 0)
        times = []
        for turn in range(5):
            start = time.perf_counter()
            for rule in RULES:
                dnnvis.look(self.own, rule, unit, image=self.frames[turn].pixels)
            wait_for(self.own.device)
            times.append(time.perf_counter() - start)
        bare = measure_backward_seconds(self.own, self.frames, self.config.seconds / 2)
        return {
            "three views, each with its own pass / bare": f"{median(times[1:]) / bare:.2f}",
            "bare": f"{bare * 1000:.1f} ms",
        }

    def _measure_ascent(self) -> dict[str, Any]:
        """Measure a step of a layer's pictures, by how many grow at once."""
        layer = find_middle_convolution(self.own)
        milliseconds = {batch: _ascent_ms(self.own, layer, batch) for batch in ASCENT_BATCHES}
        slow = _ascent_ms(self.reference, layer, ASCENT_BATCHES[1])
        listed = ", ".join(f"{ms:.1f} of {batch}" for batch, ms in milliseconds.items())
        return {
            "ascent, ms a picture and step": listed,
            "ascent / processor": f"{slow / min(milliseconds.values()):.1f}x",
        }

    def _measure_scan(self) -> dict[str, Any]:
        """Measure a scan against bare decoding and forward passes of the same batches."""
        with TemporaryDirectory() as folder:
            data = open_data(make_pictures(Path(folder) / "pictures", self.config.pictures))
            files = [Path(data.name(number)) for number in range(len(data))]
            ranges = assign_unit_ranges(self.own, [row.name for row in self.own.layers])
            settings = choose_settings(self.own, ranges, None, None)
            measure_baseline_rate(self.own, files[: settings.batch], settings)
            bare = measure_baseline_rate(self.own, files, settings)
            result = scan(
                self.own,
                data,
                Path(folder) / "library.sqlite",
                batch=settings.batch,
                workers=settings.workers,
            )
            data.close()
        rate = result.seen / result.seconds
        return {
            "scan / bare": f"{rate / bare:.2f} ({rate:.0f} a second, batches of {settings.batch})"
        }

    def _measure_map(self) -> dict[str, Any]:
        """Measure fitting a small map of one layer, on both devices."""
        side = self.own.card.size
        numbers = np.random.default_rng(0)
        images = numbers.integers(0, 255, (MAP_EXAMPLES, *side, self.own.card.channels), np.uint8)
        layer = [row.name for row in self.own.layers][-1]
        seconds = []
        for net in (self.own, self.reference):
            start = time.perf_counter()
            dnnvis.fit_map(net, images, layers=[layer], keep=False)
            seconds.append(time.perf_counter() - start)
        return {"map, processor / device": f"{seconds[1] / seconds[0]:.2f} ({seconds[0]:.1f} s)"}


def relative_error(own: Any, expected: Any) -> float:
    """Return the largest deviation, in parts of the largest expected value."""
    own, expected = np.asarray(own, np.float64), np.asarray(expected, np.float64)
    return float(np.abs(own - expected).max() / max(np.abs(expected).max(), 1e-12))


def _open(model: str, device: str) -> Network:
    """Open a network of the catalog, with seeded random weights where none can be had."""
    try:
        return open_network(model, device=device)
    except BadInput:
        torch.manual_seed(0)
        return open_network(model, weights="random", device=device)


def _output(net: Network, frame: Frame) -> Any:
    return net.record(frame.pixels, ["output"]).output


def _rate(net: Network, frames: list[Frame], seconds: float) -> float:
    """Return bare frames a second, each waited for, as the live view needs its arrays."""
    count, start = 0, time.perf_counter()
    with torch.inference_mode():
        while time.perf_counter() - start < seconds:
            output = net.forward(net.encode(frames[count % len(frames)].pixels))
            _first(output).cpu()
            count += 1
    return count / (time.perf_counter() - start)


def _first(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


def _ascent_ms(net: Network, layer: str, batch: int) -> float:
    objectives = [Objective.of(Unit(layer, channel)) for channel in range(batch)]
    ascent = BatchAscent(net, PRESETS["default"].with_changes({"steps": 10_000}), objectives[0])
    ascent.add(objectives, list(range(batch)))
    for _ in range(REDIRECTED_STEPS + 1):
        ascent.step()
    wait_for(net.device)
    start = time.perf_counter()
    for _ in range(ASCENT_STEPS):
        ascent.step()
    wait_for(net.device)
    return (time.perf_counter() - start) / ASCENT_STEPS / batch * 1000
