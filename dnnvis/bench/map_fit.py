"""What fitting an activation map costs after its harvest, beside the bare cost of its steps in
the same run."""

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

from dnnvis.introspect.features import choose
from dnnvis.introspect.fit import Standing
from dnnvis.introspect.infovae import WEIGHT, WIDTH
from dnnvis.introspect.map import Map
from dnnvis.introspect.mlp import HIDDEN
from dnnvis.introspect.pca import MARGIN, SAMPLE, STEADY, WIDE
from dnnvis.introspect.record_file import Store
from dnnvis.lenses.activation_map.fitting import Asked, fit_data
from dnnvis.network.network import Network

ASKED = 1.3  # most that fitting may cost, times its bare steps
BATCH = 256
STEPS = 4  # bare steps at a time, after one that warms the caches
FEWEST = 100  # bare steps of each kind
BEGIN = "Principal components ..."  # the harvest is over
STAGES = {
    BEGIN: "components",
    "The map ...": "autoencoder",
    "Expected error (2d) ...": "estimator 2d",
    "Expected error (rich) ...": "estimator rich",
}


def measure(
    network: Network, asked: Asked, say: Callable[[str], None]
) -> tuple[Map, dict[str, Any]]:
    """The fitted map, and processor seconds on one thread. ``parts_cpu_s``: the fit's own;
    ``parts_bare_cpu_s``: the products of PCA (covariance, its eigenvectors, scores) on data
    that lie ready, and as many steps of ``nn.Sequential`` of the same sizes on one batch that
    lies ready. These are taken between the fit's own, so that both meet the same machine.
    ``fit_ratio`` is with all that follows the harvest, class means, field and figures too;
    ``steps_ratio`` without these, which have no bare counterpart.

    Raises BadInput where no map can be fitted.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        imports = _imports()
        columns = choose(network, asked.layers, asked.how)
        with TemporaryDirectory() as folder:
            place = Path(folder) / "harvest.rec"
            watch = _Watch(lambda: Store(place, len(columns.steps), columns.width).view(), asked)
            made = fit_data(
                network, asked, watch, kept=False, work=Path(folder) / "work", harvest=place
            )
            assert made is not None  # there is one process only
            watch.finish()
            figures = _figures(made, watch)
            watch.bare = None  # lets go of the file
    finally:
        torch.set_num_threads(threads)
    say(
        f"  fitted on {figures['fit_examples']} examples in {figures['fit_cpu_s']} CPU s, bare "
        f"{figures['fit_bare_cpu_s']} s"
    )
    return made, figures | {"fit_imports_cpu_s": round(imports, 2)}


def _imports() -> float:
    """Seconds for what the first fit in a process loads besides."""
    began = time.process_time()
    import sklearn.metrics
    import sklearn.neighbors  # noqa: F401

    torch.optim.AdamW([nn.Parameter(torch.zeros(1))])  # loads torch's compiler
    return time.process_time() - began


def _figures(made: Map, watch: "_Watch") -> dict[str, Any]:
    bare = watch.bare
    assert bare is not None
    told = made.figures["cpu seconds"]
    parts = {part: told[part] - watch.spent[part] for part in STAGES.values() if part in told}
    everything = told["all"] - sum(watch.spent.values())
    examples = made.examples
    train = ~examples.test
    vae, _ = watch.asked.wishes.schedules(int(train.sum()))
    _, error = watch.asked.wishes.schedules(int((train & np.isfinite(examples.log_e)).sum()))
    steps = {"autoencoder": vae.steps, "estimator 2d": error.steps, "estimator rich": error.steps}
    plain = {
        part: bare.products(int(train.sum()), len(train))
        if part == "components"
        else steps[part] * bare.step(part)
        for part in parts
    }
    reference = sum(plain.values())
    return {
        "fit_examples": len(train),
        "fit_cpu_s": round(everything, 2),
        "fit_bare_cpu_s": round(reference, 2),
        "fit_ratio": round(everything / reference, 3),
        "fit_steps_ratio": round(sum(parts.values()) / reference, 3),
        "fit_asked": f"<= {ASKED}",
        "fit_parts_cpu_s": _rounded(parts | {"figures": everything - sum(parts.values())}),
        "fit_parts_bare_cpu_s": _rounded(plain),
        "fit_steps": {part: steps[part] for part in parts if part in steps},
        "harvest_cpu_s": round(watch.harvest, 2),
    }


def _rounded(parts: dict[str, float]) -> dict[str, float]:
    return {part: float(f"{seconds:.4g}") for part, seconds in parts.items()}


class _Watch:
    """Takes the fit's reports, and uses them to take bare steps of the same stage. ``spent``:
    processor seconds of that, which are not the fit's."""

    def __init__(self, records: Callable[[], NDArray[Any]], asked: Asked) -> None:
        self._records, self.asked = records, asked
        self.bare: Bare | None = None
        self.spent = dict.fromkeys(STAGES.values(), 0.0)
        self.harvest = 0.0
        self._began = time.process_time()

    def __call__(self, standing: Standing) -> None:
        part = STAGES.get(standing.words)
        if part is None:
            return
        began = time.process_time()
        if self.bare is None:
            self.harvest = began - self._began
            self.bare = Bare(self._records(), self.asked)
        if part == "components":
            self.bare.take_products()
        else:
            self.bare.take_steps(part)
        self.spent[part] += time.process_time() - began

    def finish(self) -> None:
        """What is still missing, after the fit."""
        assert self.bare is not None
        self.bare.take_products()
        for part in self.bare.taken:
            while len(self.bare.taken[part]) < FEWEST // STEPS:
                self.bare.take_steps(part)


class Bare:
    """The steps of a fit on the first of ``records`` (see ``store``), with nothing around
    them."""

    def __init__(self, records: NDArray[Any], asked: Asked) -> None:
        h = np.asarray(records["h"][:WIDE])
        h = h.reshape(-1, h.shape[-1])[:WIDE]
        deviation = h.std(0)
        varies = deviation > STEADY * np.maximum(np.abs(h.mean(0)), 1)
        spread = np.where(varies, deviation + MARGIN, np.inf)
        self.standard = torch.from_numpy(((h - h.mean(0)) / spread).astype(np.float32))
        self.kept = min(asked.wishes.components, int(varies.sum()), len(h))
        self.rich = min(asked.wishes.rich, self.kept)
        self._products: list[tuple[float, float, float]] = []
        self.taken: dict[str, list[float]] = {}
        self._step: dict[str, Callable[[], Tensor]] = {}

    def take_products(self) -> None:
        """One covariance of some rows, its eigenvectors, the scores of some rows."""
        clock = [time.process_time()]
        covariance = self.standard.T @ self.standard
        clock.append(time.process_time())
        variances, vectors = torch.linalg.eigh(covariance / len(self.standard))
        clock.append(time.process_time())
        axes = vectors[:, -self.kept :].flip(1)
        axes = (axes / variances[-self.kept :].clamp_min(0).mean().sqrt()).contiguous()
        clock.append(time.process_time())
        scores = self.standard @ axes
        clock.append(time.process_time())
        self._products.append((clock[1] - clock[0], clock[2] - clock[1], clock[4] - clock[3]))
        if not self._step:
            self._make(scores[:BATCH].clone())

    def products(self, train: int, rows: int) -> float:
        """Seconds of the products for ``train`` rows, and scores of ``rows``."""
        covariance, vectors, scores = (mean(times) for times in zip(*self._products, strict=True))
        some = len(self.standard)
        return float(covariance * min(train, SAMPLE) / some + vectors + scores * rows / some)

    def take_steps(self, part: str) -> None:
        """``STEPS`` of forward, backward and AdamW on one batch."""
        step = self._step[part]
        step()
        began = time.process_time()
        for _ in range(STEPS):
            step()
        self.taken[part].append((time.process_time() - began) / STEPS)

    def step(self, part: str) -> float:
        """Seconds of a step."""
        return float(mean(self.taken[part]))

    def _make(self, batch: Tensor) -> None:
        encoder, decoder = _sequential(self.kept, 2), _sequential(2, self.kept)
        size = batch.square().mean()
        places, target = torch.randn(len(batch), 2), torch.randn(len(batch), 1)

        def vae() -> Tensor:
            z = encoder(batch)
            loss: Tensor = 0.5 * (decoder(z) - batch).square().mean() / size
            return loss + WEIGHT * mmd(z, torch.randn(z.shape))

        def error(part: nn.Module, x: Tensor) -> Callable[[], Tensor]:
            return lambda: 0.5 * (part(x) - target).square().mean()

        two, rich = _sequential(2, 1), _sequential(self.rich, 1)
        self._step = {
            "autoencoder": _steps(vae, nn.ModuleList([encoder, decoder])),
            "estimator 2d": _steps(error(two, places), two),
            "estimator rich": _steps(error(rich, batch[:, : self.rich].clone()), rich),
        }
        self.taken = {part: [] for part in self._step}


def _steps(loss: Callable[[], Tensor], module: nn.Module) -> Callable[[], Tensor]:
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0.0, fused=True
    )

    def step() -> Tensor:
        found = loss()
        optimizer.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return found

    return step


def _sequential(wide: int, out: int) -> nn.Sequential:
    sizes = (wide, *HIDDEN)
    made: list[nn.Module] = []
    for before, after in zip(sizes, HIDDEN, strict=False):
        made += [nn.Linear(before, after), nn.ELU()]
    return nn.Sequential(*made, nn.Linear(sizes[-1], out))


def mmd(z: Tensor, prior: Tensor) -> Tensor:
    """The squared maximum mean discrepancy with its three kernels by matrix products: what it
    costs at least."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        gaps = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
        return torch.exp(gaps * (-0.5 / WIDTH**2)).mean()

    found: Tensor = kernel(z, z) + kernel(prior, prior) - 2 * kernel(z, prior)
    return found
