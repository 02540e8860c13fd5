"""Fit an activation map to hidden vectors, in stages that can be stopped and resumed.

Source: Pardo et al. 2019, section 2.4: the classifier is given, then the autoencoder is
trained, then the estimators; no gradient goes from one to another. Ours: the training on
principal components, folded into plain Table 2 layers afterwards; a schedule of one cycle; a
second estimator on 50 principal components; a collapsed bottleneck is detected and refitted
once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.progress import Progress
from dnnvis.introspect import infovae
from dnnvis.introspect.error_estimator import build_estimator, estimator_loss
from dnnvis.introspect.error_field import compute_error_field
from dnnvis.introspect.features import Columns
from dnnvis.introspect.fit_loop import Schedule, TrainingLog, learn
from dnnvis.introspect.map import LearningRecord, Map, MapExamples
from dnnvis.introspect.map_metrics import FigureInputs, compute_figures
from dnnvis.introspect.mlp import (
    NumpyMLP,
    as_tensor,
    build_mlp,
    fold_input_basis,
    fold_output_basis,
)
from dnnvis.introspect.pca import CHUNK_ROWS, Basis, fit_basis
from dnnvis.introspect.projections import check_umap, compute_umap
from dnnvis.introspect.unit_ordering import average_decoded, class_means

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
MIN_EXAMPLES = 20
VALID_STD_RANGE = (0.5, 2.0)  # a standard deviation of z outside of this is a collapse,
MIN_EXPLAINED_VARIANCE = 0.5  # and so is an R^2 below this
PREVIEW_EXAMPLES = 1000
PREVIEW_INTERVAL_SECONDS = 1.0


@dataclass(frozen=True)
class FitConfig:
    """How a map is fitted."""

    #: Random seed.
    seed: int = 0
    #: Principal components of the autoencoder's input.
    components: int = 256
    #: Principal components of the second estimator's input.
    rich: int = 50
    #: Steps of the autoencoder, of 256 examples; 0: by how many examples there are.
    vae_steps: int = 0
    #: Steps of an estimator, of 256 examples; 0: by how many examples there are.
    error_steps: int = 0
    #: Whether UMAP's projection is computed beside it; needs umap-learn.
    umap: bool = False

    def schedules(self, rows: int) -> tuple[Schedule, Schedule]:
        """Return the schedules of the autoencoder and of an estimator.

        At most 5 and 13 passes over MNIST.
        """
        vae = self.vae_steps or int(np.clip(rows / 51, 600, 1170))
        error = self.error_steps or int(np.clip(rows / 20, 1000, 3000))
        return Schedule(vae, 1e-3, 0.3), Schedule(error, 2e-3, 0.2)


@dataclass(frozen=True, eq=False)
class FitProgress(Progress):
    """How far a fit is: ``message`` names the stage, ``done`` of ``total`` count its steps."""

    #: The map so far, float32 (n, 2), now and then.
    preview: Floats | None = field(default=None, kw_only=True)
    #: Class index of each point of the preview, int (n,).
    labels: Ints | None = field(default=None, kw_only=True)


Report = Callable[[FitProgress], None]


@dataclass(frozen=True, eq=False)
class FitJob:
    """All that a fit needs."""

    #: Records, the structured array of ``record_file``.
    records: NDArray[Any]
    #: The columns of h.
    columns: Columns
    #: Class names.
    classes: tuple[str, ...]
    #: Which of its examples (by position) are left out of the fit, bool.
    test: NDArray[np.bool_]
    #: Fingerprint of the network's weights.
    fingerprint: str
    #: Enough to fit the map again.
    recipe: dict[str, Any]
    #: Settings of the fit.
    config: FitConfig = FitConfig()
    #: Folder of unfinished stages; None: nothing is saved.
    folder: Path | None = None
    #: Called with the progress.
    report: Report = lambda progress: None
    #: Stops the fit once it is set.
    stop: threading.Event | None = None
    #: Sentences that become notes of the map.
    notes: tuple[str, ...] = ()

    def checkpoint_path(self, name: str) -> Path | None:
        """Return the file of an unfinished stage; None where nothing is saved."""
        return None if self.folder is None else self.folder / f"{name}.pt"


def fit(job: FitJob) -> Map:
    """Fit the map of the job's records.

    Raises BadInput for too few examples, and where nothing varies; Cancelled where it was
    stopped: the same job goes on where it was.
    """
    start = time.process_time()
    if job.config.umap:
        check_umap()
    rows = _HiddenRows(job)
    job.report(FitProgress("Principal components ...", 0, 1))
    axes = fit_basis(job.records["h"], job.config.components, job.config.seed, ~job.test)
    scores = rows.scores(axes)
    notes = [*job.notes, *_left_out_notes(axes)]
    seconds_by_stage = {"components": time.process_time() - start}
    vae, log, warnings = _fit_autoencoder(job, rows, scores, axes)
    seconds_by_stage["autoencoder"] = log.cpu
    notes += warnings
    encoder, decoder = fold_input_basis(vae.encoder, axes), fold_output_basis(vae.decoder, axes)
    with torch.no_grad():
        z = vae.encoder(scores).numpy()
    rich = _truncate_basis(axes, job.config.rich)
    trained = _fit_estimators(job, rows, scores, z, rich.axes.shape[1])
    seconds_by_stage |= {f"estimator {kind}": log.cpu for kind, (_, log) in trained.items()}
    expected = _estimate_errors(trained, scores, z, rich.axes.shape[1])
    estimators = {
        kind: fold_input_basis(part, rich) if kind == "rich" else NumpyMLP.from_module(part)
        for kind, (part, _) in trained.items()
    }
    examples = rows.examples(z, expected)
    job.report(FitProgress("Classes and figures ...", 0, 1))
    means = class_means(rows.h, z, np.where(rows.test, -1, rows.labels), len(job.classes))
    decoded = average_decoded(decoder, z[~rows.test], rows.labels[~rows.test], len(job.classes))
    extent = _map_extent(z)
    grid, empty = compute_error_field(z[~rows.test], estimators.get("2d"), extent)
    fitted = FigureInputs(
        axes, vae.decoder, examples, means, decoded, decoder, job.classes, rows.h, scores
    )
    figures = compute_figures(fitted)
    seconds_by_stage["all"] = time.process_time() - start
    figures["cpu seconds"] = {name: round(seconds, 2) for name, seconds in seconds_by_stage.items()}
    return Map(
        job.columns,
        encoder,
        decoder,
        estimators,
        rich,
        examples,
        job.classes,
        means.direct,
        decoded,
        means.z,
        grid,
        empty,
        extent,
        job.fingerprint,
        {**job.recipe, "wishes": asdict(job.config), "seed": job.config.seed},
        figures,
        tuple(notes),
        others=_other_projections(job, scores),
    )


class _HiddenRows:
    """The records as one row a hidden vector."""

    def __init__(self, job: FitJob) -> None:
        records, steps = job.records, len(job.columns.steps)
        if len(records) - int(job.test.sum()) < MIN_EXAMPLES:
            raise BadInput(
                f"{len(records) - int(job.test.sum())} examples are too few for a map; give at "
                f"least {MIN_EXAMPLES}."
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
        """Return the hidden vectors of some rows, (n, D)."""
        vectors: Floats = self._records["h"][rows // self.steps, rows % self.steps]
        return vectors

    def scores(self, axes: Basis) -> Tensor:
        """Return the scores of all rows, float32 (N, k)."""
        h = self._records["h"]
        out = np.empty((len(self.test), axes.axes.shape[1]), np.float32)
        size = max(1, CHUNK_ROWS // self.steps)
        for start in range(0, len(h), size):
            chunk = np.asarray(h[start : start + size]).reshape(-1, h.shape[-1])
            out[start * self.steps :][: len(chunk)] = axes.scores(chunk)
        if not np.isfinite(out).all():
            raise BadInput("Some activations are too large to be mapped.")
        return torch.from_numpy(out)

    def examples(self, z: Floats, expected: dict[str, Floats]) -> MapExamples:
        return MapExamples(
            z,
            self.labels,
            self.predicted,
            self.log_e,
            self.doubt,
            self.index,
            self.step,
            self.test,
            expected,
        )


class _Autoencoder(nn.Module):
    def __init__(self, components: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.encoder = build_mlp(components, 2, generator)
        self.decoder = build_mlp(2, components, generator)


def _fit_autoencoder(
    job: FitJob, rows: _HiddenRows, scores: Tensor, axes: Basis
) -> tuple[_Autoencoder, TrainingLog, list[str]]:
    """Fit the autoencoder; once more with another seed where the first collapsed."""
    train = scores[torch.from_numpy(~rows.test)]
    validation = scores[torch.from_numpy(rows.test)] if rows.test.sum() >= MIN_EXAMPLES else train
    first = _train_autoencoder(job, rows, train, scores, job.config.seed)
    reason = find_collapse(first[0], train, validation)
    if not reason:
        return *first, []
    retry = _train_autoencoder(job, rows, train, scores, job.config.seed + 1000)
    second_reason = find_collapse(retry[0], train, validation)
    cpu = first[1].cpu + retry[1].cpu
    if not second_reason:
        retry[1].cpu = cpu
        return *retry, [f"The first fit collapsed ({reason}); it was made again with another seed."]
    first[1].cpu = cpu
    return *first, [f"Do not trust this map: {reason}, and so it was when it was fitted again."]


def find_collapse(vae: Any, train: Tensor, validation: Tensor) -> str:
    """Return why the bottleneck counts as collapsed; "" where it does not.

    It goes by the spread of z over scores it was trained on, and by how well it reconstructs
    others.

    Args:
        vae: The autoencoder.
        train: Scores it was trained on, (n, k).
        validation: Other scores, (m, k).

    Returns:
        The reason.
    """
    train, validation = train[:20_000], validation[:20_000]
    with torch.no_grad():
        z = vae.encoder(train)
        residual = (vae.decoder(vae.encoder(validation)) - validation).square().mean()
    unexplained = float(residual / validation.square().mean())
    spread = z.std(0)
    if not bool(((spread >= VALID_STD_RANGE[0]) & (spread <= VALID_STD_RANGE[1])).all()):
        return f"the spread of z is {spread[0]:.2f} and {spread[1]:.2f}, not about 1"
    if 1 - unexplained < MIN_EXPLAINED_VARIANCE:
        return (
            f"two numbers explain only {max(1 - unexplained, 0):.0%} of the activations' variance"
        )
    return ""


def _train_autoencoder(
    job: FitJob, rows: _HiddenRows, train: Tensor, scores: Tensor, seed: int
) -> tuple[_Autoencoder, TrainingLog]:
    vae = _Autoencoder(train.shape[1], seed)
    schedule, _ = job.config.schedules(len(train))
    generator = torch.Generator()

    def loss(rows_in_batch: Tensor, step: int) -> Tensor:
        target = train[rows_in_batch]
        z = vae.encoder(target)
        prior = torch.randn(z.shape, generator=generator.manual_seed(seed * 1_000_003 + step))
        return infovae.loss(vae.decoder(z), target, z, prior)

    on_step = _PreviewReporter(job, vae, scores, rows)
    path = job.checkpoint_path(f"autoencoder-{seed}")
    log = learn(vae, loss, len(train), schedule, seed, path, on_step, job.stop)
    return vae, log


class _PreviewReporter:
    """Reporter of the autoencoder's steps, now and then with what the map looks like."""

    def __init__(self, job: FitJob, vae: _Autoencoder, scores: Tensor, rows: _HiddenRows) -> None:
        preview_rows = np.linspace(0, len(scores) - 1, min(PREVIEW_EXAMPLES, len(scores))).astype(
            int
        )
        self._job, self._vae = job, vae
        self._preview_scores, self._labels = (
            scores[torch.from_numpy(preview_rows)],
            rows.labels[preview_rows],
        )
        self._last_preview = 0.0

    def __call__(self, step: int, steps: int, loss: float) -> None:
        z = None
        if time.monotonic() - self._last_preview > PREVIEW_INTERVAL_SECONDS:
            with torch.no_grad():
                z = self._vae.encoder(self._preview_scores).numpy()
            self._last_preview = time.monotonic()
        labels = self._labels if z is not None else None
        self._job.report(FitProgress("The map ...", step, steps, preview=z, labels=labels))


def _fit_estimators(
    job: FitJob, rows: _HiddenRows, scores: Tensor, z: Floats, rich: int
) -> dict[str, tuple[nn.Sequential, TrainingLog]]:
    """Return kind -> a network that gives log10 e, and its log; {} without known errors."""
    known = np.isfinite(rows.log_e) & ~rows.test
    if known.sum() < MIN_EXAMPLES:
        return {}
    target = as_tensor(rows.log_e[known])
    mask = torch.from_numpy(known)
    inputs = {"2d": as_tensor(z)[mask], "rich": scores[mask, :rich]}
    _, schedule = job.config.schedules(len(target))
    trained = {}
    for number, (kind, x) in enumerate(inputs.items()):
        seed = job.config.seed + 7 * (number + 1)
        generator = torch.Generator().manual_seed(seed)
        part = build_estimator(x.shape[1], float(target.mean()), generator)

        def loss(some: Tensor, step: int, part: nn.Module = part, x: Tensor = x) -> Tensor:
            return estimator_loss(part(x[some]), target[some])

        def on_step(step: int, steps: int, loss: float, kind: str = kind) -> None:
            job.report(FitProgress(f"Expected error ({kind}) ...", step, steps))

        path = job.checkpoint_path(f"estimator-{kind}")
        trained[kind] = part, learn(part, loss, len(x), schedule, seed, path, on_step, job.stop)
    return trained


@torch.no_grad()
def _estimate_errors(
    trained: dict[str, tuple[nn.Sequential, TrainingLog]], scores: Tensor, z: Floats, rich: int
) -> dict[str, Floats]:
    inputs = {"2d": as_tensor(z), "rich": scores[:, :rich]}
    return {
        kind: estimator(inputs[kind])[:, 0].numpy().copy()
        for kind, (estimator, _) in trained.items()
    }


def _truncate_basis(axes: Basis, components: int) -> Basis:
    """Return the first components alone, in the same unit."""
    axis_count = np.ascontiguousarray(axes.axes[:, :components])
    return Basis(
        axes.mean, axes.spread, axis_count, axes.unit, axes.share[:components], axes.left_out
    )


def _other_projections(job: FitJob, scores: Tensor) -> dict[str, Floats]:
    """Return projections for comparison, by name."""
    projections = {"pca": scores[:, :2].numpy().copy()}
    if job.config.umap:
        job.report(FitProgress("UMAP ...", 0, 1))
        projections["umap"] = compute_umap(scores[:, :50].numpy(), job.config.seed)
    return projections


def _map_extent(z: Floats) -> tuple[float, float, float, float]:
    """Return [-4, 4]^2 (section 2.8), wider where examples lie outside."""
    lower, upper = np.minimum(z.min(0) - 0.2, -4), np.maximum(z.max(0) + 0.2, 4)
    return float(lower[0]), float(upper[0]), float(lower[1]), float(upper[1])


def _left_out_notes(axes: Basis) -> list[str]:
    left_out_count = int(axes.left_out.sum())
    if not left_out_count:
        return []
    return [
        f"{left_out_count} of {len(axes.mean)} units are left out: they are the same for every "
        "example, or not a number somewhere."
    ]


def fit_record(
    job: FitJob, h: NDArray[Any], steps: Ints, labels: Ints, index: Ints
) -> LearningRecord:
    """Fit one map to hidden vectors at M stages of training (section 3.1).

    Args:
        job: The settings of the fit.
        h: Hidden vectors float32 (M, n, D).
        steps: Training step of each stage, (M,).
        labels: Class of each example, (n,).
        index: Number of each example in the data, (n,).

    Returns:
        The learning record.

    Raises:
        BadInput: Too few examples, or nothing varies.
        Cancelled: The fit was stopped.
    """
    snapshot_count, example_count, width = h.shape
    flat = h.reshape(-1, width)
    axes = fit_basis(flat, job.config.components, job.config.seed)
    scores = torch.from_numpy(
        np.concatenate(
            [axes.scores(flat[k : k + CHUNK_ROWS]) for k in range(0, len(flat), CHUNK_ROWS)]
        )
    )
    rows = _LabelRows(np.tile(labels, snapshot_count), np.zeros(len(flat), bool))
    vae, _, _ = _fit_autoencoder(job, rows, scores, axes)  # type: ignore[arg-type]
    with torch.no_grad():
        z = vae.encoder(scores).numpy().reshape(snapshot_count, example_count, 2)
    return LearningRecord(z, steps, labels, index)


@dataclass(frozen=True, eq=False)
class _LabelRows:
    """As much of ``_HiddenRows`` as the autoencoder needs."""

    labels: Ints
    test: NDArray[np.bool_]
