"""Keep the ranges in which the layers on show are drawn, and which of their units have fired."""

from dnnvis.imaging.maps_summary import MapsSummary
from dnnvis.imaging.running_range import (
    DisplayRange,
    FiredUnits,
    LayerKey,
    RunningRanges,
    choose_range,
)
from dnnvis.imaging.unit_order import UnitActivity
from dnnvis.session.state import State


class LayerRanges:
    """What the frames of this run have shown of each layer."""

    def __init__(self) -> None:
        self.fired, self.activity = FiredUnits(), UnitActivity()
        self._running = RunningRanges()

    def reset(self) -> None:
        """Start over, as for another network."""
        for part in (self._running, self.fired, self.activity):
            part.reset()

    def choose(
        self, summary: MapsSummary, state: State, key: LayerKey, *, new: bool, signed: bool
    ) -> DisplayRange:
        """Return the range to draw a frame's maps in.

        Args:
            summary: The ranges of the maps.
            state: The contrast that was chosen.
            key: (network, layer).
            new: Whether the frame has not been counted yet.
            signed: Whether the range is symmetric about 0.
        """
        low, high = summary.low, summary.high
        if new or not self._running.has(key):
            self._running.update(key, low, high)
            self.fired.update(key, low, high)
            self.activity.update(key, summary.maps, high)
        if _clips(state):
            low, high = summary.clip(signed)
        elif state.contrast == "running":
            low, high = self._running.get(key)
        fixed = state.fixed if state.contrast == "fixed" else None
        return choose_range(low, high, fixed=fixed, per_unit=state.per_unit, signed=signed)


def choose_backward_range(summary: MapsSummary, state: State) -> DisplayRange:
    """Return the range to draw backward pictures in, which is that of a frame alone."""
    low, high = summary.clip(signed=True) if _clips(state) else (summary.low, summary.high)
    return choose_range(low, high, fixed=None, per_unit=state.per_unit, signed=True)


def _clips(state: State) -> bool:
    return state.contrast == "clip" and not state.per_unit
