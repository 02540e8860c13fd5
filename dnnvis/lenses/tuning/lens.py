"""The lens ``tuning``: a unit's tuning curve, kept in the library once it is whole."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.probing.tuning import TuningCurve
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.lenses.tuning.measure import measure_tuning
from dnnvis.lenses.tuning.stimuli import draw_preferred
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.library.store.tunings import read_tuning, save_tuning
from dnnvis.network.network import Network

BUSY_SECONDS = 0.5  # another writer is waited for


@dataclass(frozen=True)
class TuningParams:
    """Settings of the lens ``tuning``."""

    #: The family of pictures.
    kind: str = choice("gratings", "bars", "dots", "hues")
    #: Whether it is measured though a curve is kept.
    renew: bool = field(default=False, metadata={"switch": True})


@dataclass(frozen=True)
class TuningLens(LensDefaults):
    """What a unit responds to bars, gratings, dots or hues. Yields TuningCurve."""

    name: str = "tuning"
    title: str = "tuning curve"
    source: str = "Hubel and Wiesel 1962; Ringach et al. 2002"
    backward: bool = False
    Params: type[TuningParams] = TuningParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why networks that see boards have none."""
        if info.binary:
            return "The network sees boards of the Game of Life, no bars or colors."
        return None

    def layers_of(self, params: TuningParams) -> tuple[str, ...]:
        """Return no layers: pictures of its own are run."""
        return ()

    def look(self, scene: Scene) -> Iterator[TuningCurve]:
        """Yield the curve that is kept, or the one measured, as it grows; then keep that."""
        network, params = scene.network, scene.params
        is_original = network.edits.active == network.edits.lasting
        if not params.renew and is_original:
            kept = find_tuning(network, scene.unit, params.kind)
            if kept is not None:
                yield kept
                return
        recipe = {"lens": self.name, "unit": str(scene.unit), **asdict(params)}
        last: TuningCurve | None = None
        for curve in measure_tuning(network, scene.unit, params.kind):
            last = replace(curve, recipe=recipe)
            if last.progress == 1 and is_original:
                _keep(network, last)
            yield last


def find_tuning(network: Network, unit: Unit, kind: str) -> TuningCurve | None:
    """Return the curve that is kept in the network's library; None where there is none."""
    if not own_library_path(network).is_file():
        return None
    with suppress(BadInput), open_library(network, create=False) as library:
        curve = read_tuning(library, str(unit), kind)  # type: ignore[arg-type]
        if curve is not None:
            return replace(curve, preferred=draw_preferred(curve, network.card.size))
    return None


def _keep(network: Network, curve: TuningCurve) -> None:
    """Keep a curve; a library that cannot be written now is no reason not to show it."""
    with suppress(BadInput), open_library(network, busy_seconds=BUSY_SECONDS) as library:
        save_tuning(library, curve)


TUNING = TuningLens()
