"""Measure what fitting an activation map costs after its harvest.

It stands beside the bare cost of its steps in the same run.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.introspect.features import choose_columns
from dnnvis.introspect.fit import FitProgress
from dnnvis.introspect.infovae import KERNEL_WIDTH, MMD_WEIGHT
from dnnvis.introspect.map import Map
from dnnvis.introspect.mlp import HIDDEN
from dnnvis.introspect.pca import (
    COVARIANCE_CHUNK_ROWS,
    MAX_COVARIANCE_ROWS,
    MIN_RELATIVE_STD,
    STD_MARGIN,
)
from dnnvis.introspect.record_file import RecordStore
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
from dnnvis.network.network import Network

MAX_COST_RATIO = 1.3  # most that fitting may cost, times its bare steps
BATCH_SIZE = 256
STEPS_PER_TURN = 4  # bare steps at a time, after one that warms the caches
MIN_STEPS = 100  # bare steps of each kind
FIRST_STAGE = "Principal components ..."  # the harvest is over
STAGES = {
    FIRST_STAGE: "components",
    "The map ...": "autoencoder",
    "Expected error (2d) ...": "estimator 2d",
    "Expected error (rich) ...": "estimator rich",
}


def measure(
    network: Network, options: MapFitOptions, log: Callable[[str], None]
) -> tuple[Map, dict[str, Any]]:
    """Fit the map, and measure processor seconds on one thread.

    ``parts_cpu_s``: the fit's own; ``parts_bare_cpu_s``: the products of PCA (covariance, its
    eigenvectors, scores) on data that lie ready, and as many steps of ``nn.Sequential`` of the same
    sizes on one batch that lies ready. These are taken between the fit's own, so that both meet the
    same machine. ``fit_ratio`` is with all that follows the harvest, class means, field and figures
    too; ``steps_ratio`` without these, which have no bare counterpart.

    Args:
        network: The network that the map is of.
        options: How the map is fitted.
        log: Is given a line about the result.

    Returns:
        The fitted map, and the figures by name.

    Raises:
        BadInput: No map can be fitted.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        imports = _measure_imports()
        columns = choose_columns(network, options.layers, options.how)
        with TemporaryDirectory() as folder:
            harvest_path = Path(folder) / "harvest.rec"
            watch = _BaselineWatch(
                lambda: RecordStore(harvest_path, len(columns.steps), columns.width).view(), options
            )
            activation_map = fit_data(
                network,
                options,
                watch,
                save=False,
                work=Path(folder) / "work",
                harvest=harvest_path,
            )
            assert activation_map is not None  # there is one process only
            watch.finish()
            figures = _compute_figures(activation_map, watch)
            watch.baseline = None  # lets go of the file
    finally:
        torch.set_num_threads(threads)
    log(
        f"  fitted on {figures['fit_examples']} examples in {figures['fit_cpu_s']} CPU s, bare "
        f"{figures['fit_bare_cpu_s']} s"
    )
    return activation_map, figures | {"fit_imports_cpu_s": round(imports, 2)}


def _measure_imports() -> float:
    """Measure the seconds for what the first fit in a process loads besides."""
    start = time.process_time()
    import sklearn.metrics
    import sklearn.neighbors  # noqa: F401

    torch.optim.AdamW([nn.Parameter(torch.zeros(1))])  # loads torch's compiler
    return time.process_time() - start


def _compute_figures(activation_map: Map, watch: "_BaselineWatch") -> dict[str, Any]:
    baseline = watch.baseline
    assert baseline is not None
    reported = activation_map.figures["cpu seconds"]
    parts = {
        part: reported[part] - watch.baseline_seconds[part]
        for part in STAGES.values()
        if part in reported
    }
    total = reported["all"] - sum(watch.baseline_seconds.values())
    examples = activation_map.examples
    train = ~examples.test
    vae, _ = watch.options.fit_config.schedules(int(train.sum()))
    _, error = watch.options.fit_config.schedules(int((train & np.isfinite(examples.log_e)).sum()))
    steps = {"autoencoder": vae.steps, "estimator 2d": error.steps, "estimator rich": error.steps}
    baseline_parts = {
        part: baseline.products(int(train.sum()), len(train))
        if part == "components"
        else steps[part] * baseline.step(part)
        for part in parts
    }
    reference = sum(baseline_parts.values())
    return {
        "fit_examples": len(train),
        "fit_cpu_s": round(total, 2),
        "fit_bare_cpu_s": round(reference, 2),
        "fit_ratio": round(total / reference, 3),
        "fit_steps_ratio": round(sum(parts.values()) / reference, 3),
        "fit_asked": f"<= {MAX_COST_RATIO}",
        "fit_parts_cpu_s": _round_seconds(parts | {"figures": total - sum(parts.values())}),
        "fit_parts_bare_cpu_s": _round_seconds(baseline_parts),
        "fit_steps": {part: steps[part] for part in parts if part in steps},
        "harvest_cpu_s": round(watch.harvest, 2),
    }


def _round_seconds(parts: dict[str, float]) -> dict[str, float]:
    return {part: float(f"{seconds:.4g}") for part, seconds in parts.items()}


class _BaselineWatch:
    """Take the fit's reports, and use them to take bare steps of the same stage.

    ``baseline_seconds``: processor seconds of that, which are not the fit's.
    """

    def __init__(self, records: Callable[[], NDArray[Any]], options: MapFitOptions) -> None:
        self._records, self.options = records, options
        self.baseline: BaselineFit | None = None
        self.baseline_seconds = dict.fromkeys(STAGES.values(), 0.0)
        self.harvest = 0.0
        self._start = time.process_time()

    def __call__(self, progress: FitProgress) -> None:
        part = STAGES.get(progress.message)
        if part is None:
            return
        start = time.process_time()
        if self.baseline is None:
            self.harvest = start - self._start
            self.baseline = BaselineFit(self._records(), self.options)
        if part == "components":
            self.baseline.measure_products()
        else:
            self.baseline.measure_steps(part)
        self.baseline_seconds[part] += time.process_time() - start

    def finish(self) -> None:
        """Measure what is still missing, after the fit."""
        assert self.baseline is not None
        self.baseline.measure_products()
        for part in self.baseline.step_seconds:
            while len(self.baseline.step_seconds[part]) < MIN_STEPS // STEPS_PER_TURN:
                self.baseline.measure_steps(part)


class BaselineFit:
    """Take the steps of a fit on the first of ``records``, with nothing around them.

    What ``records`` hold, ``store`` says.
    """

    def __init__(self, records: NDArray[Any], options: MapFitOptions) -> None:
        h = np.asarray(records["h"][:COVARIANCE_CHUNK_ROWS])
        h = h.reshape(-1, h.shape[-1])[:COVARIANCE_CHUNK_ROWS]
        deviation = h.std(0)
        varies = deviation > MIN_RELATIVE_STD * np.maximum(np.abs(h.mean(0)), 1)
        spread = np.where(varies, deviation + STD_MARGIN, np.inf)
        self.standard = torch.from_numpy(((h - h.mean(0)) / spread).astype(np.float32))
        self.component_count = min(options.fit_config.components, int(varies.sum()), len(h))
        self.rich = min(options.fit_config.rich, self.component_count)
        self._product_seconds: list[tuple[float, float, float]] = []
        self.step_seconds: dict[str, list[float]] = {}
        self._step_functions: dict[str, Callable[[], Tensor]] = {}

    def measure_products(self) -> None:
        """Time one covariance of some rows, its eigenvectors, the scores of some rows."""
        clock = [time.process_time()]
        covariance = self.standard.T @ self.standard
        clock.append(time.process_time())
        variances, vectors = torch.linalg.eigh(covariance / len(self.standard))
        clock.append(time.process_time())
        axes = vectors[:, -self.component_count :].flip(1)
        axes = (axes / variances[-self.component_count :].clamp_min(0).mean().sqrt()).contiguous()
        clock.append(time.process_time())
        scores = self.standard @ axes
        clock.append(time.process_time())
        self._product_seconds.append(
            (clock[1] - clock[0], clock[2] - clock[1], clock[4] - clock[3])
        )
        if not self._step_functions:
            self._build_steps(scores[:BATCH_SIZE].clone())

    def products(self, train: int, rows: int) -> float:
        """Compute the seconds of the products for ``train`` rows, and scores of ``rows``."""
        covariance, vectors, scores = (
            mean(times) for times in zip(*self._product_seconds, strict=True)
        )
        row_count = len(self.standard)
        return float(
            covariance * min(train, MAX_COVARIANCE_ROWS) / row_count
            + vectors
            + scores * rows / row_count
        )

    def measure_steps(self, part: str) -> None:
        """Time ``STEPS_PER_TURN`` of forward, backward and AdamW on one batch."""
        step = self._step_functions[part]
        step()
        start = time.process_time()
        for _ in range(STEPS_PER_TURN):
            step()
        self.step_seconds[part].append((time.process_time() - start) / STEPS_PER_TURN)

    def step(self, part: str) -> float:
        """Average the seconds of a step."""
        return float(mean(self.step_seconds[part]))

    def _build_steps(self, batch: Tensor) -> None:
        encoder, decoder = (
            _build_sequential(self.component_count, 2),
            _build_sequential(2, self.component_count),
        )
        size = batch.square().mean()
        points, target = torch.randn(len(batch), 2), torch.randn(len(batch), 1)

        def vae() -> Tensor:
            z = encoder(batch)
            loss: Tensor = 0.5 * (decoder(z) - batch).square().mean() / size
            return loss + MMD_WEIGHT * mmd(z, torch.randn(z.shape))

        def error(part: nn.Module, x: Tensor) -> Callable[[], Tensor]:
            return lambda: 0.5 * (part(x) - target).square().mean()

        map_estimator, rich_estimator = _build_sequential(2, 1), _build_sequential(self.rich, 1)
        self._step_functions = {
            "autoencoder": _build_step(vae, nn.ModuleList([encoder, decoder])),
            "estimator 2d": _build_step(error(map_estimator, points), map_estimator),
            "estimator rich": _build_step(
                error(rich_estimator, batch[:, : self.rich].clone()), rich_estimator
            ),
        }
        self.step_seconds = {part: [] for part in self._step_functions}


def _build_step(loss: Callable[[], Tensor], module: nn.Module) -> Callable[[], Tensor]:
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0.0, fused=True
    )

    def step() -> Tensor:
        value = loss()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return value

    return step


def _build_sequential(inputs: int, outputs: int) -> nn.Sequential:
    sizes = (inputs, *HIDDEN)
    modules: list[nn.Module] = []
    for fan_in, fan_out in zip(sizes, HIDDEN, strict=False):
        modules += [nn.Linear(fan_in, fan_out), nn.ELU()]
    return nn.Sequential(*modules, nn.Linear(sizes[-1], outputs))


def mmd(z: Tensor, prior: Tensor) -> Tensor:
    """Compute the squared maximum mean discrepancy with its three kernels by matrix products.

    That is what it costs at least.
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squared_distances = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
        return torch.exp(squared_distances * (-0.5 / KERNEL_WIDTH**2)).mean()

    discrepancy: Tensor = kernel(z, z) + kernel(prior, prior) - 2 * kernel(z, prior)
    return discrepancy
