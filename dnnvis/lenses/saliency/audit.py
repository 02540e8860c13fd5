"""The lens ``audit``: put an attribution picture to the test.

Sources: Petsiuk et al. 2018, section 4.2 (deletion and insertion); Adebayo et al. 2018, section 3
(cascading randomization of the weights).
"""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from dnnvis.core.attribution.audit import AttributionAudit, WeightsComparison
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.lens_results import (
    SKIPPED,
    Array,
    Picture,
    SkippedStep,
)
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.backward import DECONVNET, GRADIENT, GUIDED
from dnnvis.lenses.lens import Lens, LensDefaults, Scene, choice, params_for, required_layers
from dnnvis.lenses.saliency.baselines import describe_fill
from dnnvis.lenses.saliency.curves import (
    FILLS,
    KINDS,
    CurveRun,
    ScoredAs,
    find_grain,
    is_class,
    order_at_random,
    order_pixels,
    rank_pixels,
)
from dnnvis.lenses.saliency.integrated import INTEGRATED
from dnnvis.lenses.saliency.layercam import LAYERCAM
from dnnvis.lenses.saliency.occlusion import OCCLUSION
from dnnvis.lenses.saliency.randomization import (
    list_weighted_modules,
    randomize_weights,
    rank_correlation,
    structural_similarity,
)
from dnnvis.lenses.saliency.unit_score import find_logit, require_frame
from dnnvis.network.network import Network

TESTED: dict[str, Lens] = {
    lens.name: lens for lens in (DECONVNET, GUIDED, GRADIENT, LAYERCAM, INTEGRATED, OCCLUSION)
}
DEPTHS = (0.0, 1 / 3, 2 / 3, 1.0)  # of the layers with weights; 0: the last one alone
Result = AttributionAudit | SkippedStep


@dataclass(frozen=True)
class AuditParams:
    """Settings of the lens ``audit``."""

    #: The lens whose picture is tested.
    method: str = choice(*TESTED)
    #: Its settings as a JSON object in text, as ``{"patch": "mean"}``.
    settings: str = ""
    #: Seed of the random order and of the shuffled weights.
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})


@dataclass(frozen=True)
class AuditLens(LensDefaults):
    """Yield AttributionAudits as more of both tests is done; the last has progress 1.

    First the deletion and insertion curve of the lens's picture with those of a random order, then
    the same lens on weights shuffled layer after layer, from the last one on the unit's way.
    Raises BadInput without a frame or for settings that the lens does not have, and whatever the
    lens itself raises.
    """

    name: str = "audit"
    title: str = "put to the test"
    source: str = "Petsiuk et al. 2018; Adebayo et al. 2018"
    backward: bool = False
    Params: type[AuditParams] = AuditParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what the tested lens cannot do, it says itself."""
        return None

    def layers_of(self, params: AuditParams) -> tuple[str, ...]:
        """Return no layers: it makes passes of its own."""
        return ()

    def look(self, scene: Scene) -> Iterator[Result]:
        """Yield the results for ``scene``, see the class."""
        audit = _Audit(scene)
        for _ in audit.run():
            yield audit.result() if scene.is_watched() else SKIPPED
        audit.progress = 1.0
        yield audit.result()


class _Audit:
    """Both tests of one picture on their way."""

    def __init__(self, scene: Scene) -> None:
        params, network = scene.params, scene.network
        self.scene, self.lens = scene, TESTED[params.method]
        frame = scene.frame
        self.x = require_frame(network, frame and frame.pixels, AUDIT.name)
        self.settings = params_for(self.lens, read_settings(params.settings))
        self.unit = scene.unit
        self.scored_as: ScoredAs = "probability" if is_class(network, self.unit) else "value"
        self.progress = 0.0
        self.runs: dict[str, CurveRun] = {}
        self.comparisons: list[WeightsComparison] = []
        self.randomized: Array | None = None
        self.grain = 1
        self.modules: list[str] = []

    def run(self) -> Iterator[None]:
        """Make all passes, yielding after each step of them."""
        picture = yield from self._look(self.scene.network, 0.0)
        if not picture.values.any():
            raise LensMissing(
                tr(
                    "The picture of {unit} is exactly zero everywhere: there is no order of "
                    "pixels to test.",
                    unit=self.unit,
                )
            )
        yield from self._draw_curves(picture)
        yield from self._compare_weights(picture)

    def _look(self, network: Network, done: float) -> Generator[None, None, Picture]:
        """Yield while the lens works on a network; return its last picture."""
        last: Picture | None = None
        for result in look_with(self.lens, network, self.scene, self.settings, self.x):
            if isinstance(result, Picture):
                last = result
            self.progress = min(done + 0.2 * getattr(result, "progress", 0.0), 0.999)
            yield
        assert last is not None
        return last

    def _draw_curves(self, picture: Picture) -> Iterator[None]:
        seed, network = self.scene.params.seed, self.scene.network
        size = (int(self.x.shape[2]), int(self.x.shape[3]))
        self.grain = find_grain(picture, network)
        orders = {
            "": order_pixels(rank_pixels(picture), seed),
            " control": order_at_random(size, self.grain, seed),
        }
        for kind in KINDS:
            for suffix, order in orders.items():
                run = CurveRun(network, self.unit, self.x, order, kind, self.scored_as)
                self.runs[kind + suffix] = run
                while not run.is_finished:
                    run.step()
                    self.progress = 0.2 + 0.05 * len(self.runs)
                    yield

    def _compare_weights(self, picture: Picture) -> Iterator[None]:
        network, seed = self.scene.network, self.scene.params.seed
        ranks = rank_pixels(picture)
        layer = find_logit(network.info, self.unit).layer
        self.modules = list_weighted_modules(network, layer)
        count = len(self.modules)
        if not count:
            raise LensMissing(tr("This network has no weights that could be shuffled."))
        depths = sorted({max(round(depth * count), 1) for depth in DEPTHS})
        for number, depth in enumerate(depths):
            other = randomize_weights(network, self.modules[count - depth :], seed)
            shuffled = yield from self._look(other, 0.4 + 0.6 * number / len(depths))
            other_ranks = rank_pixels(shuffled)
            spearman = rank_correlation(ranks, other_ranks)
            ssim = structural_similarity(ranks, other_ranks)
            self.comparisons.append(WeightsComparison(depth, count, spearman, ssim))
            self.randomized = shuffled.values

    def result(self) -> AttributionAudit:
        """Return what is known so far."""
        scene, curves = self.scene, {name: run.curve for name, run in self.runs.items()}
        done = next((curve.fractions for curve in curves.values()), np.zeros(0, np.float32))
        return AttributionAudit(
            lens=self.lens.name,
            fractions=done,
            curves={name: curve.scores for name, curve in curves.items()},
            areas={
                name: curve.area for name, curve in curves.items() if self.runs[name].is_finished
            },
            comparisons=tuple(self.comparisons),
            randomized=self.randomized,
            caption=self._caption(),
            recipe={
                "lens": AUDIT.name,
                "unit": str(self.unit),
                "method": self.lens.name,
                "settings": scene.params.settings,
                "seed": scene.params.seed,
            },
            unit=str(self.unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=scene.network.name,
            progress=self.progress,
        )

    def _caption(self) -> str:
        measured = tr(
            "probability of {unit}" if self.scored_as == "probability" else "value of {unit}",
            unit=self.unit,
        )
        binary = self.scene.network.card.binary
        return tr(
            "{measured}: pixels deleted to {deleted}, inserted into {inserted}, in the order of "
            "{lens}; control in random order, squares of {grain} pixels; weights shuffled from the "
            "last layer on",
            measured=measured,
            deleted=describe_fill(self.x, FILLS["deletion"], binary),
            inserted=describe_fill(self.x, FILLS["insertion"], binary),
            lens=tr(self.lens.title),
            grain=self.grain,
        )


def look_with(
    lens: Lens, network: Network, scene: Scene, settings: Any, x: Tensor
) -> Iterator[Picture | SkippedStep]:
    """Yield what a lens shows of a scene's unit on another network.

    Args:
        lens: An attribution lens.
        network: The network.
        scene: Unit and frame.
        settings: An instance of the lens's ``Params``.
        x: The frame, (1, C, H, W) in [0, 1].
    """
    own = replace(scene, network=network, params=settings, recording=None)
    if lens.backward:
        layers = required_layers(lens, network, scene.unit, settings)
        own = replace(own, recording=network.run(x, layers, gradients=True))
    yield from lens.look(own)  # type: ignore[misc]


def read_settings(text: str) -> dict[str, Any]:
    """Return the settings in a JSON text; raise BadInput for any other text."""
    try:
        settings = json.loads(text) if text.strip() else {}
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise BadInput(f"Settings of a lens are a JSON object such as {{}}, not {text!r}.")
    return settings


AUDIT = AuditLens()
