"""Put the tiles of the mosaic in the order that was chosen."""

import time

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.layers.layer_ranges import LayerRanges
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.running_range import LayerKey
from dnnvis.imaging.unit_order import SettledOrder, rank_names, rank_units
from dnnvis.session.state import State
from dnnvis.session.unit_effects import UnitEffects, name_measure

Channels = NDArray[np.int64]
ORDERS_OF_VALUES = ("strongest", "variance", "selectivity", "effect")


class TileOrder:
    """The order of the units of the layer on show; one by values is renewed now and then."""

    def __init__(self) -> None:
        self.effects: UnitEffects | None = None  # of the latest sweep
        self._settled = SettledOrder()

    @property
    def channels(self) -> Channels:
        """Return the channels in the order that was made last."""
        return self._settled.channels

    def wait(self, state: State, key: LayerKey, count: int) -> float:
        """Return the seconds until an order by values is due; 0 where it is."""
        return self._settled.remaining(self._subject(state, key, count), time.monotonic())

    def renew(
        self,
        state: State,
        key: LayerKey,
        strength: NDArray[np.floating],
        ranges: LayerRanges,
        silent: Channels,
        held: int | None,
    ) -> Channels:
        """Return the channels in the order by values that was chosen.

        Args:
            state: The choice.
            key: (network, layer) on show.
            strength: What is on show of each unit (N,), in one number.
            ranges: What the frames of this run have shown.
            silent: Channels that have not been active.
            held: A channel that stays at its tile, the one under the mouse.
        """
        values = strength
        if state.order == "variance":
            values = ranges.activity.variance(key)
        elif state.order == "selectivity":
            values = ranges.activity.selectivity(key)
        elif (effects := self.effects_of(state, key[0], len(strength))) is not None:
            values = -np.nan_to_num(effects.effects, nan=np.inf)
            silent = np.zeros(0, np.int64)  # a silent unit has an effect, too: none
        if len(values) != len(strength):
            values = strength
        order = rank_units(values, strength, silent)
        subject = self._subject(state, key, len(strength))
        return self._settled.renew(subject, order, time.monotonic(), held)

    def effects_of(self, state: State, network: str, count: int) -> UnitEffects | None:
        """Return the effects that the tiles are ordered by; None where they are not."""
        effects = self.effects if state.order == "effect" else None
        if effects is None or not effects.belongs_to(network, state.layer, count):
            return None
        return effects

    def describe(self, state: State, network: str, count: int) -> str:
        """Return what is said below the tiles of an order by effect, "" of all others."""
        if state.order != "effect":
            return ""
        effects = self.effects_of(state, network, count)
        if effects is None:
            return tr("no sweep of this layer yet: the strongest first (Ctrl+Shift+E sweeps it)")
        return tr(
            "the most harmful loss first: {measure}, {count} pictures",
            measure=name_measure(effects.measure),
            count=effects.pictures,
        )

    def _subject(self, state: State, key: LayerKey, count: int) -> tuple[object, ...]:
        pictures = self.effects.pictures if self.effects is not None else 0
        by_effect = pictures if state.order == "effect" else 0
        return key, state.grid, state.order, count, by_effect


def order_by_name(info: NetworkInfo | None, count: int) -> Channels | None:
    """Return the channels by the names of the classes; None where the units are none."""
    names = info.labels if info else ()
    return rank_names(names) if len(names) == count else None
