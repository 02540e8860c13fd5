"""Measure for ``dnnvis bench scan`` a scan of pictures against bare decode and forward.

The pictures lie in a folder.
"""

import gc
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dnnvis.bench.system_load import resident_mb
from dnnvis.core.errors import BadInput
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.library.scan.scan import ScanProgress, ScanSummary, scan
from dnnvis.library.scan.worker import ScanSettings, choose_settings
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, ImageFolder, Origin, open_data
from dnnvis.sources.demo import PHOTOGRAPHS, load_photograph, photograph_folder

PICTURE_SIDE_PIXELS = 256  # of the pictures that are made
JPEG_QUALITY = 90


@dataclass(frozen=True)
class ScanBenchConfig:
    """Say which pictures are scanned, and how often."""

    #: The folder of the pictures; None: they are made.
    data: Path | None = None
    #: Pictures that are made where there is no ``data``.
    pictures: int = 1200
    #: Turns of the scan and of the reference over the pictures.
    pairs: int = 3
    #: Pictures over which the memory is followed, 0 = not followed.
    repeated: int = 10_000
    #: Pictures at once, None = as the scan chooses.
    batch: int | None = None
    #: Decoding threads, None = as the scan chooses.
    workers: int | None = None


def measure(net: Network, config: ScanBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure one network's figures; the keys are those of the README's table.

    Args:
        net: The network.
        config: The pictures, and what is measured.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: ``config.data`` is no folder of pictures.
    """
    with TemporaryDirectory() as folder:
        picture_folder = config.data or make_pictures(Path(folder) / "pictures", config.pictures)
        data = open_data(picture_folder)
        if not isinstance(data, ImageFolder):
            raise BadInput(f"{picture_folder} is no folder of pictures; the bench decodes files.")
        files = [Path(data.name(number)) for number in range(len(data))]
        names = [row.name for row in net.layers]
        settings = choose_settings(
            net, assign_unit_ranges(net, names), config.batch, config.workers
        )
        log(
            f"{net.name}: {len(files)} pictures, {settings.batch} at once, {settings.workers} "
            f"decoding threads, {torch.get_num_threads()} of torch"
        )
        scan_rates, baseline_rates = [], []
        for turn in range(config.pairs + 1):  # the first is a warm-up
            baseline_rates.append(measure_baseline_rate(net, files, settings))
            result = _run_scan(net, data, Path(folder) / f"{turn}.sqlite", settings)
            scan_rates.append((result.seen + len(result.skipped)) / result.seconds)
            log(f"  scan {scan_rates[-1]:.1f}/s, bare {baseline_rates[-1]:.1f}/s")
        figures = {
            "model": net.name,
            "pictures": len(files),
            "batch": settings.batch,
            "workers": settings.workers,
            "threads": torch.get_num_threads(),
            "scan_per_s": round(median(scan_rates[1:]), 1),
            "bare_per_s": round(median(baseline_rates[1:]), 1),
            "scan_ratio": round(median(scan_rates[1:]) / median(baseline_rates[1:]), 3),
        }
        if config.repeated:
            figures |= _measure_memory(
                net, data, config, Path(folder) / "memory.sqlite", settings, log
            )
        return figures


def _run_scan(
    net: Network,
    data: Dataset,
    library: Path,
    settings: ScanSettings,
    report: Callable[[ScanProgress], None] | None = None,
) -> ScanSummary:
    return scan(net, data, library, batch=settings.batch, workers=settings.workers, report=report)


def measure_baseline_rate(net: Network, files: Sequence[Path], settings: ScanSettings) -> float:
    """Measure what a plain script does with the same pictures.

    It decodes (Pillow) and resizes in as many threads, and runs batches of the same size,
    channels_last and in inference_mode.

    Args:
        net: The network, whose memory format is the same afterwards.
        files: The pictures.
        settings: Pictures at once, and decoding threads.

    Returns:
        Pictures per second of wall time.
    """
    size = settings.batch
    batches = [files[start : start + size] for start in range(0, len(files), size)]
    previous_format = net.memory_format
    if net.device.type == "cpu":
        net.try_format(torch.channels_last, min(size, 2))
    start_time = time.perf_counter()
    try:
        with torch.inference_mode(), ThreadPoolExecutor(settings.workers) as pool:
            pending: deque[Future[Tensor]] = deque()
            for batch in batches:
                pending.append(pool.submit(_decode, batch, net.card.size, net.card.channels))
                if len(pending) > settings.workers + 1:
                    _forward(net, pending.popleft().result())
            while pending:
                _forward(net, pending.popleft().result())
    finally:
        net.set_memory_format(previous_format)
    return len(files) / (time.perf_counter() - start_time)


def _decode(files: Sequence[Path], size: tuple[int, int], channels: int) -> Tensor:
    from PIL import Image  # lazy, as where pictures are read

    tensors = []
    for file in files:
        with Image.open(file) as image:
            converted = image.convert("L" if channels == 1 else "RGB")
        pixels = np.array(converted).reshape(converted.height, converted.width, -1)
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        side = min(x.shape[2:])
        top, left = (x.shape[2] - side) // 2, (x.shape[3] - side) // 2
        x = x[:, :, top : top + side, left : left + side]
        tensors.append(F.interpolate(x, size, mode="bilinear", antialias=True))
    return torch.cat(tensors)


def _forward(net: Network, pixels: Tensor) -> None:
    net.forward(pixels.to(net.device).float().div(255))


def make_pictures(folder: Path, count: int) -> Path:
    """Fill ``folder`` with ``count`` JPEGs of 256 x 256, cut out of the demo's photographs."""
    from PIL import Image

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    photographs = [load_photograph(photograph_folder() / name) for name in PHOTOGRAPHS]
    for number in range(count):
        pixels = photographs[number % len(photographs)]
        window = Image.fromarray(_cut_window(pixels, rng)).resize(
            (PICTURE_SIDE_PIXELS, PICTURE_SIDE_PIXELS)
        )
        window.save(folder / f"{number:05d}.jpg", quality=JPEG_QUALITY)
    return folder


def _cut_window(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    side = int(min(height, width) * rng.uniform(0.4, 0.9))
    top, left = (int(rng.integers(0, length - side)) for length in (height, width))
    return pixels[top : top + side, left : left + side]


class RepeatedData:
    """Give the same pictures again and again, ``total`` in all."""

    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, data: Dataset, total: int) -> None:
        self.address, self.kind, self.mark = f"{data.address} again", data.kind, data.mark
        self._data, self._total = data, total

    def __len__(self) -> int:
        return self._total

    def name(self, number: int) -> str:
        """Name a picture as the data set does."""
        return self._data.name(number % len(self._data))

    def read(self, number: int) -> tuple[NDArray[np.uint8], Origin]:
        """Read a picture of the data set, and say where it comes from."""
        return self._data.read(number % len(self._data))

    def close(self) -> None:
        """Leave the data set open: it is not ours."""


def _measure_memory(
    net: Network,
    data: Dataset,
    config: ScanBenchConfig,
    library: Path,
    settings: ScanSettings,
    log: Callable[[str], None],
) -> dict[str, float]:
    """Measure the resident memory after a tenth of the pictures and after all."""
    resident_sizes: list[float] = []

    def report(progress: ScanProgress) -> None:
        if (
            len(resident_sizes) < 10
            and progress.done >= (len(resident_sizes) + 1) * config.repeated // 10
        ):
            gc.collect()
            resident_sizes.append(resident_mb())

    _run_scan(net, RepeatedData(data, config.repeated), library, settings, report)
    first, last = resident_sizes[0], resident_sizes[-1]
    log(f"  resident {first:.1f} MB after a tenth of {config.repeated}, {last:.1f} MB at the end")
    return {"rss_mb": round(last, 1), "rss_growth_mb": round(last - first, 1)}
