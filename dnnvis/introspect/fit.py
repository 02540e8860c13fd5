"""From hidden vectors to an activation map, in stages that survive being stopped.

Source: Pardo et al. 2019, section 2.4: the classifier is given, then the autoencoder is
trained, then the estimators; no gradient goes from one to another. Ours: the training on
principal components, folded into plain Table 2 layers afterwards; a schedule of one cycle; a
second estimator on 50 principal components; a collapsed bottleneck is found and refitted once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.introspect import infovae
from dnnvis.introspect.error_estimator import estimator, half_squares
from dnnvis.introspect.error_field import field_of
from dnnvis.introspect.features import Columns
from dnnvis.introspect.fit_loop import Learned, Schedule, learn
from dnnvis.introspect.map import Examples, Map, Record
from dnnvis.introspect.map_metrics import Fitted, figures_of
from dnnvis.introspect.mlp import Plain, as_tensor, folded_in, folded_out, stack
from dnnvis.introspect.pca import CHUNK, Basis, basis
from dnnvis.introspect.projections import check_umap, umap_of
from dnnvis.introspect.unit_ordering import class_means, mean_decoded

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
FEWEST = 20  # examples
COLLAPSED = (0.5, 2.0)  # a standard deviation of z outside of this is a collapse,
EXPLAINED = 0.5  # and so is an R^2 below this
SHOWN = 1000  # examples of the preview
CALM = 1.0  # seconds between two previews


@dataclass(frozen=True)
class Wishes:
    """How a map is fitted. ``components`` of the autoencoder's input, ``rich`` of the second
    estimator's; ``vae_steps`` and ``error_steps`` of 256 examples, 0: by how many there are;
    ``umap``: UMAP's projection beside it, where umap-learn is installed."""

    seed: int = 0
    components: int = 256
    rich: int = 50
    vae_steps: int = 0
    error_steps: int = 0
    umap: bool = False

    def schedules(self, rows: int) -> tuple[Schedule, Schedule]:
        """Of the autoencoder and of an estimator: at most 5 and 13 passes over MNIST."""
        vae = self.vae_steps or int(np.clip(rows / 51, 600, 1170))
        error = self.error_steps or int(np.clip(rows / 20, 1000, 3000))
        return Schedule(vae, 1e-3, 0.3), Schedule(error, 2e-3, 0.2)


@dataclass(frozen=True, eq=False)
class Standing:
    """Where a fit stands: ``done`` of ``total`` of this stage; a ``preview`` of the map now and
    then, (n, 2), with the ``labels`` of its dots."""

    words: str
    done: int
    total: int
    preview: Floats | None = None
    labels: Ints | None = None


Report = Callable[[Standing], None]


@dataclass(frozen=True, eq=False)
class Job:
    """What a fit needs. ``records``: the structured array of ``store``; ``test``: which of its
    examples (by position) are kept out of the fit; ``folder`` for what is half done, None:
    nothing is kept."""

    records: NDArray[Any]
    columns: Columns
    classes: tuple[str, ...]
    test: NDArray[np.bool_]
    fingerprint: str
    recipe: dict[str, Any]
    wishes: Wishes = Wishes()
    folder: Path | None = None
    report: Report = lambda standing: None
    stop: threading.Event | None = None
    notes: tuple[str, ...] = ()

    def place(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / f"{name}.pt"


def fit(job: Job) -> Map:
    """The map of the job's records.

    Raises BadInput for too few examples, and where nothing varies; Cancelled where it was
    stopped: the same job goes on where it was.
    """
    began = time.process_time()
    if job.wishes.umap:
        check_umap()
    rows = _Rows(job)
    job.report(Standing("Principal components ...", 0, 1))
    axes = basis(job.records["h"], job.wishes.components, job.wishes.seed, ~job.test)
    scores = rows.scores(axes)
    notes = [*job.notes, *_said_of(axes)]
    spent = {"components": time.process_time() - began}
    vae, learned, remark = _autoencoder(job, rows, scores, axes)
    spent["autoencoder"] = learned.cpu
    notes += remark
    encoder, decoder = folded_in(vae.encoder, axes), folded_out(vae.decoder, axes)
    with torch.no_grad():
        z = vae.encoder(scores).numpy()
    rich = _narrow(axes, job.wishes.rich)
    found = _estimators(job, rows, scores, z, rich.axes.shape[1])
    spent |= {f"estimator {kind}": seen.cpu for kind, (_, seen) in found.items()}
    expected = _expected(found, scores, z, rich.axes.shape[1])
    estimators = {
        kind: folded_in(part, rich) if kind == "rich" else Plain.of(part)
        for kind, (part, _) in found.items()
    }
    examples = rows.examples(z, expected)
    job.report(Standing("Classes and figures ...", 0, 1))
    means = class_means(rows.h, z, np.where(rows.test, -1, rows.labels), len(job.classes))
    decoded = mean_decoded(decoder, z[~rows.test], rows.labels[~rows.test], len(job.classes))
    extent = _extent(z)
    grid, empty = field_of(z[~rows.test], estimators.get("2d"), extent)
    fitted = Fitted(
        axes, vae.decoder, examples, means, decoded, decoder, job.classes, rows.h, scores
    )
    figures = figures_of(fitted)
    spent["all"] = time.process_time() - began
    figures["cpu seconds"] = {name: round(seconds, 2) for name, seconds in spent.items()}
    return Map(
        job.columns, encoder, decoder, estimators, rich, examples, job.classes,
        means.direct, decoded, means.z, grid, empty, extent, job.fingerprint,
        {**job.recipe, "wishes": asdict(job.wishes), "seed": job.wishes.seed},
        figures, tuple(notes), others=_others(job, scores),
    )  # fmt: skip


class _Rows:
    """The records as one row a hidden vector."""

    def __init__(self, job: Job) -> None:
        records, steps = job.records, len(job.columns.steps)
        if len(records) - int(job.test.sum()) < FEWEST:
            raise BadInput(
                f"{len(records) - int(job.test.sum())} examples are too few for a map; give at "
                f"least {FEWEST}."
            )
        self._records, self.steps = records, steps
        count = len(records)
        self.test = np.repeat(job.test, steps)
        self.step = np.tile(np.arange(steps), count)
        self.labels = np.repeat(np.asarray(records["label"], np.int64), steps)
        if steps > 1 and (self.labels < 0).all():
            self.labels = self.step.copy()
        self.log_e = np.array(records["log_e"]).reshape(-1)
        self.predicted = np.repeat(np.asarray(records["predicted"], np.int64), steps)
        if steps > 1 and (records["label"] < 0).all():
            self.predicted[:] = -1  # the steps are no classes
        self.doubt = np.repeat(np.array(records["doubt"]), steps)
        self.index = np.repeat(np.array(records["row"]), steps)

    def h(self, rows: Ints) -> Floats:
        """The hidden vectors of some rows, (n, D)."""
        found: Floats = self._records["h"][rows // self.steps, rows % self.steps]
        return found

    def scores(self, axes: Basis) -> Tensor:
        """Of all rows, float32 (N, k)."""
        h = self._records["h"]
        out = np.empty((len(self.test), axes.axes.shape[1]), np.float32)
        size = max(1, CHUNK // self.steps)
        for start in range(0, len(h), size):
            some = np.asarray(h[start : start + size]).reshape(-1, h.shape[-1])
            out[start * self.steps :][: len(some)] = axes.scores(some)
        if not np.isfinite(out).all():
            raise BadInput("Some activations are too large to be mapped.")
        return torch.from_numpy(out)

    def examples(self, z: Floats, expected: dict[str, Floats]) -> Examples:
        return Examples(
            z, self.labels, self.predicted, self.log_e, self.doubt, self.index, self.step,
            self.test, expected,
        )  # fmt: skip


class _Autoencoder(nn.Module):
    def __init__(self, wide: int, seed: int) -> None:
        super().__init__()
        dice = torch.Generator().manual_seed(seed)
        self.encoder = stack(wide, 2, dice)
        self.decoder = stack(2, wide, dice)


def _autoencoder(
    job: Job, rows: _Rows, scores: Tensor, axes: Basis
) -> tuple[_Autoencoder, Learned, list[str]]:
    """Trained; once more with another seed where the first collapsed."""
    train = scores[torch.from_numpy(~rows.test)]
    held = scores[torch.from_numpy(rows.test)] if rows.test.sum() >= FEWEST else train
    first = _learned(job, rows, train, scores, job.wishes.seed)
    why = collapse(first[0], train, held)
    if not why:
        return *first, []
    again = _learned(job, rows, train, scores, job.wishes.seed + 1000)
    second = collapse(again[0], train, held)
    cpu = first[1].cpu + again[1].cpu
    if not second:
        again[1].cpu = cpu
        return *again, [f"The first fit collapsed ({why}); it was made again with another seed."]
    first[1].cpu = cpu
    return *first, [f"Do not trust this map: {why}, and so it was when it was fitted again."]


def collapse(vae: Any, train: Tensor, held: Tensor) -> str:
    """Why the bottleneck counts as collapsed, in words; "" where it does not: the spread of z
    over scores it was trained on, (n, k), and how it explains those ``held`` back."""
    train, held = train[:20_000], held[:20_000]
    with torch.no_grad():
        z = vae.encoder(train)
        apart = (vae.decoder(vae.encoder(held)) - held).square().mean()
    left = float(apart / held.square().mean())
    spread = z.std(0)
    if not bool(((spread >= COLLAPSED[0]) & (spread <= COLLAPSED[1])).all()):
        return f"the spread of z is {spread[0]:.2f} and {spread[1]:.2f}, not about 1"
    if 1 - left < EXPLAINED:
        return f"two numbers explain only {max(1 - left, 0):.0%} of the activations' variance"
    return ""


def _learned(
    job: Job, rows: _Rows, train: Tensor, scores: Tensor, seed: int
) -> tuple[_Autoencoder, Learned]:
    vae = _Autoencoder(train.shape[1], seed)
    schedule, _ = job.wishes.schedules(len(train))
    dice = torch.Generator()

    def loss(some: Tensor, step: int) -> Tensor:
        wanted = train[some]
        z = vae.encoder(wanted)
        prior = torch.randn(z.shape, generator=dice.manual_seed(seed * 1_000_003 + step))
        return infovae.loss(vae.decoder(z), wanted, z, prior)

    told = _Teller(job, vae, scores, rows)
    place = job.place(f"autoencoder-{seed}")
    learned = learn(vae, loss, len(train), schedule, seed, place, told, job.stop)
    return vae, learned


class _Teller:
    """Reports the autoencoder's steps, now and then with what the map looks like."""

    def __init__(self, job: Job, vae: _Autoencoder, scores: Tensor, rows: _Rows) -> None:
        picked = np.linspace(0, len(scores) - 1, min(SHOWN, len(scores))).astype(int)
        self._job, self._vae = job, vae
        self._some, self._labels = scores[torch.from_numpy(picked)], rows.labels[picked]
        self._last = 0.0

    def __call__(self, step: int, steps: int, loss: float) -> None:
        z = None
        if time.monotonic() - self._last > CALM:
            with torch.no_grad():
                z = self._vae.encoder(self._some).numpy()
            self._last = time.monotonic()
        labels = self._labels if z is not None else None
        self._job.report(Standing("The map ...", step, steps, z, labels))


def _estimators(
    job: Job, rows: _Rows, scores: Tensor, z: Floats, rich: int
) -> dict[str, tuple[nn.Sequential, Learned]]:
    """kind -> a network that gives log10 e, and what it cost; {} without known errors."""
    known = np.isfinite(rows.log_e) & ~rows.test
    if known.sum() < FEWEST:
        return {}
    target = as_tensor(rows.log_e[known])
    mask = torch.from_numpy(known)
    inputs = {"2d": as_tensor(z)[mask], "rich": scores[mask, :rich]}
    _, schedule = job.wishes.schedules(len(target))
    found = {}
    for number, (kind, x) in enumerate(inputs.items()):
        seed = job.wishes.seed + 7 * (number + 1)
        dice = torch.Generator().manual_seed(seed)
        part = estimator(x.shape[1], float(target.mean()), dice)

        def loss(some: Tensor, step: int, part: nn.Module = part, x: Tensor = x) -> Tensor:
            return half_squares(part(x[some]), target[some])

        def told(step: int, steps: int, loss: float, kind: str = kind) -> None:
            job.report(Standing(f"Expected error ({kind}) ...", step, steps))

        place = job.place(f"estimator-{kind}")
        found[kind] = part, learn(part, loss, len(x), schedule, seed, place, told, job.stop)
    return found


@torch.no_grad()
def _expected(
    found: dict[str, tuple[nn.Sequential, Learned]], scores: Tensor, z: Floats, rich: int
) -> dict[str, Floats]:
    inputs = {"2d": as_tensor(z), "rich": scores[:, :rich]}
    return {kind: part(inputs[kind])[:, 0].numpy().copy() for kind, (part, _) in found.items()}


def _narrow(axes: Basis, components: int) -> Basis:
    """The first components alone, in the same unit."""
    few = np.ascontiguousarray(axes.axes[:, :components])
    return Basis(axes.mean, axes.spread, few, axes.unit, axes.share[:components], axes.left_out)


def _others(job: Job, scores: Tensor) -> dict[str, Floats]:
    """Projections for comparison, by name."""
    found = {"pca": scores[:, :2].numpy().copy()}
    if job.wishes.umap:
        job.report(Standing("UMAP ...", 0, 1))
        found["umap"] = umap_of(scores[:, :50].numpy(), job.wishes.seed)
    return found


def _extent(z: Floats) -> tuple[float, float, float, float]:
    """[-4, 4]^2 (section 2.8), wider where examples lie outside."""
    low, high = np.minimum(z.min(0) - 0.2, -4), np.maximum(z.max(0) + 0.2, 4)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _said_of(axes: Basis) -> list[str]:
    many = int(axes.left_out.sum())
    if not many:
        return []
    return [
        f"{many} of {len(axes.mean)} units are left out: they are the same for every example, or "
        "not a number somewhere."
    ]


def fit_record(job: Job, h: NDArray[Any], steps: Ints, labels: Ints, index: Ints) -> Record:
    """Section 3.1: one map for hidden vectors ``h`` float32 (M, n, D) at M moments of training.

    Raises BadInput and Cancelled as ``fit`` does.
    """
    moments, many, width = h.shape
    flat = h.reshape(-1, width)
    axes = basis(flat, job.wishes.components, job.wishes.seed)
    scores = torch.from_numpy(
        np.concatenate([axes.scores(flat[k : k + CHUNK]) for k in range(0, len(flat), CHUNK)])
    )
    rows = _Loose(np.tile(labels, moments), np.zeros(len(flat), bool))
    vae, _, _ = _autoencoder(job, rows, scores, axes)  # type: ignore[arg-type]
    with torch.no_grad():
        z = vae.encoder(scores).numpy().reshape(moments, many, 2)
    return Record(z, steps, labels, index)


@dataclass(frozen=True, eq=False)
class _Loose:
    """As much of ``_Rows`` as the autoencoder needs."""

    labels: Ints
    test: NDArray[np.bool_]
