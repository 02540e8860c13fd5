"""``dnnvis bench scan``: a scan of a folder of pictures against bare decode and forward."""

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
from dnnvis.library.scan.channel_summary import columns_of
from dnnvis.library.scan.scan import Scanned, Standing, scan
from dnnvis.library.scan.worker import Settings, settings_for
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data, Files, Origin, open_data
from dnnvis.sources.demo import PHOTOGRAPHS, photograph, photograph_folder

SIDE = 256  # of the pictures that are made
QUALITY = 90


@dataclass(frozen=True)
class Plan:
    """``pairs`` turns of the scan and of the reference over ``pictures`` pictures made for it,
    or those in the folder ``data``; ``repeated`` pictures for the memory (0: not followed)."""

    data: Path | None = None
    pictures: int = 1200
    pairs: int = 3
    repeated: int = 10_000
    batch: int | None = None
    workers: int | None = None


def measure(net: Network, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """One network's figures; the keys are those of the README's table."""
    with TemporaryDirectory() as folder:
        place = plan.data or make_pictures(Path(folder) / "pictures", plan.pictures)
        data = open_data(place)
        if not isinstance(data, Files):
            raise BadInput(f"{place} is no folder of pictures; the bench decodes files.")
        files = [Path(data.name(number)) for number in range(len(data))]
        names = [row.name for row in net.layers]
        settings = settings_for(net, columns_of(net, names), plan.batch, plan.workers)
        say(
            f"{net.name}: {len(files)} pictures, {settings.batch} at once, {settings.workers} "
            f"decoding threads, {torch.get_num_threads()} of torch"
        )
        ours, bare = [], []
        for turn in range(plan.pairs + 1):  # the first is a warm-up
            bare.append(bare_rate(net, files, settings))
            done = _scanned(net, data, Path(folder) / f"{turn}.sqlite", settings)
            ours.append((done.seen + len(done.skipped)) / done.seconds)
            say(f"  scan {ours[-1]:.1f}/s, bare {bare[-1]:.1f}/s")
        figures = {
            "model": net.name,
            "pictures": len(files),
            "batch": settings.batch,
            "workers": settings.workers,
            "threads": torch.get_num_threads(),
            "scan_per_s": round(median(ours[1:]), 1),
            "bare_per_s": round(median(bare[1:]), 1),
            "scan_ratio": round(median(ours[1:]) / median(bare[1:]), 3),
        }
        if plan.repeated:
            figures |= _memory(net, data, plan, Path(folder) / "memory.sqlite", settings, say)
        return figures


def _scanned(
    net: Network,
    data: Data,
    library: Path,
    settings: Settings,
    report: Callable[[Standing], None] | None = None,
) -> Scanned:
    return scan(
        net, data, library, batch=settings.batch, workers=settings.workers, report=report
    )  # fmt: skip


# ---- the reference ---------------------------------------------------------------------


def bare_rate(net: Network, files: Sequence[Path], settings: Settings) -> float:
    """Pictures per second of what a plain script does with the same pictures: decode (Pillow)
    and resize in as many threads, and run batches of the same size, channels_last and in
    inference_mode."""
    size = settings.batch
    batches = [files[start : start + size] for start in range(0, len(files), size)]
    before = net.memory_format
    if net.device.type == "cpu":
        net.try_format(torch.channels_last, min(size, 2))
    began = time.perf_counter()
    try:
        with torch.inference_mode(), ThreadPoolExecutor(settings.workers) as pool:
            waiting: deque[Future[Tensor]] = deque()
            for batch in batches:
                waiting.append(pool.submit(_decode, batch, net.card.size, net.card.channels))
                if len(waiting) > settings.workers + 1:
                    _forward(net, waiting.popleft().result())
            while waiting:
                _forward(net, waiting.popleft().result())
    finally:
        net.set_format(before)
    return len(files) / (time.perf_counter() - began)


def _decode(files: Sequence[Path], size: tuple[int, int], channels: int) -> Tensor:
    from PIL import Image  # lazy, as where pictures are read

    made = []
    for file in files:
        with Image.open(file) as image:
            plain = image.convert("L" if channels == 1 else "RGB")
        pixels = np.array(plain).reshape(plain.height, plain.width, -1)
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        side = min(x.shape[2:])
        top, left = (x.shape[2] - side) // 2, (x.shape[3] - side) // 2
        x = x[:, :, top : top + side, left : left + side]
        made.append(F.interpolate(x, size, mode="bilinear", antialias=True))
    return torch.cat(made)


def _forward(net: Network, pixels: Tensor) -> None:
    net.forward(pixels.to(net.device).float().div(255))


# ---- the pictures ----------------------------------------------------------------------


def make_pictures(folder: Path, count: int) -> Path:
    """``folder`` with ``count`` JPEGs of 256 x 256, cut out of the demo's photographs."""
    from PIL import Image

    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    photographs = [photograph(photograph_folder() / name) for name in PHOTOGRAPHS]
    for number in range(count):
        pixels = photographs[number % len(photographs)]
        window = Image.fromarray(_window(pixels, random)).resize((SIDE, SIDE))
        window.save(folder / f"{number:05d}.jpg", quality=QUALITY)
    return folder


def _window(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    high, wide = pixels.shape[:2]
    side = int(min(high, wide) * random.uniform(0.4, 0.9))
    top, left = (int(random.integers(0, whole - side)) for whole in (high, wide))
    return pixels[top : top + side, left : left + side]


# ---- the memory ------------------------------------------------------------------------


class Repeated:
    """The same pictures again and again, ``total`` in all."""

    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, data: Data, total: int) -> None:
        self.address, self.kind, self.mark = f"{data.address} again", data.kind, data.mark
        self._data, self._total = data, total

    def __len__(self) -> int:
        return self._total

    def name(self, number: int) -> str:
        return self._data.name(number % len(self._data))

    def read(self, number: int) -> tuple[NDArray[np.uint8], Origin]:
        return self._data.read(number % len(self._data))

    def close(self) -> None: ...


def _memory(
    net: Network, data: Data, plan: Plan, library: Path, settings: Settings,
    say: Callable[[str], None],
) -> dict[str, float]:  # fmt: skip
    """Resident memory after a tenth of the pictures and after all."""
    seen: list[float] = []

    def report(standing: Standing) -> None:
        if len(seen) < 10 and standing.done >= (len(seen) + 1) * plan.repeated // 10:
            gc.collect()
            seen.append(resident_mb())

    _scanned(net, Repeated(data, plan.repeated), library, settings, report)
    first, last = seen[0], seen[-1]
    say(f"  resident {first:.1f} MB after a tenth of {plan.repeated}, {last:.1f} MB at the end")
    return {"rss_mb": round(last, 1), "rss_growth_mb": round(last - first, 1)}
