"""Measure for ``dnnvis bench live --edits`` the whole window with edits on.

The reference is the same window without them, in turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from dnnvis.bench.live import SCREEN_FPS, find_widest_layer
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.layer_table import OUTPUT
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis

MIN_EDITED_RATIO = 0.95  # asked


@dataclass(frozen=True)
class LiveEditsBenchConfig:
    """Say which network is shown, with how many edits, and how long each is measured."""

    model: str
    #: Number of units that are switched off.
    edits: int = 10
    #: The layer shown, None = the one with most maps.
    layer: str | None = None
    #: Turns with edits and without.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(
    config: LiveEditsBenchConfig, load: float, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure what the window shows with edits and without.

    ``edited_ratio``: frames painted a second with the edits over those without, the median over
    the turns; ``edited_processor_ratio``: the engine's processor time of a frame without them
    over that with them, which other work on the machine disturbs less.

    Args:
        config: The network and the edits.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network cannot be opened, or has too few units.
    """
    state = State(  # what grows or is looked up beside is not measured here
        network=NetworkChoice(net=config.model),
        panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        unlocked=True,
    )
    window_session = WindowSession(state, demo_frames(), SCREEN_FPS, config.threads)
    try:
        figures = _measure_in_turns(config, window_session, log)
    finally:
        leftovers = window_session.close()
    return figures | leftovers | {"load": round(load, 3)}


def choose_edits(info: NetworkInfo, count: int) -> tuple[str, ...]:
    """Return edits that switch off ``count`` units, spread over the layers before the output.

    Raises BadInput where the network has not so many units there.
    """
    layers = [row for row in info.layers if row.name != OUTPUT and not row.part_of]
    if sum(row.shape[0] for row in layers) < count:
        raise BadInput(f"{info.name} has fewer than {count} units to switch off.")
    edits: list[str] = []
    channel = 0
    while len(edits) < count:
        turn = [row for row in layers if row.shape[0] > channel]
        needed = min(count - len(edits), len(turn))
        chosen = [turn[k * len(turn) // needed] for k in range(needed)]
        edits += [str(Edit.switch_off(Unit(row.name, channel))) for row in chosen]
        channel += 1
    return tuple(edits)


def _shows_edits(window_session: WindowSession, on: bool) -> bool:
    """Return whether the frame on show was run with edits, or without."""
    live = window_session.window.backend.live
    return live is not None and bool(live.edits) == on


def _measure_in_turns(
    config: LiveEditsBenchConfig, window_session: WindowSession, log: Callable[[str], None]
) -> dict[str, Any]:
    info, window = window_session.info, window_session.window
    assert info is not None  # the session waited for it
    layer = config.layer or find_widest_layer(info)
    window.session.update(layer=layer, unit=Unit(layer, 0))
    edits = choose_edits(info, config.edits)
    log(f"{config.model}: layer {layer}, {window_session.threads} threads, {len(edits)} edits")
    rates: dict[bool, list[float]] = {True: [], False: []}
    ratios, processor_ratios = [], []
    for turn in range(config.pairs):
        costs = {}
        for on in (True, False) if turn % 2 else (False, True):
            window.session.update(edits=edits if on else ())
            window_session.wait_until(partial(_shows_edits, window_session, on), 60)
            window_session.spin(0.5)
            frames, used = window.frame_stats.count, window_session.engine_seconds()
            seconds = window_session.spin_timed(config.seconds)
            shown = max(window.frame_stats.count - frames, 1)
            rates[on].append(shown / seconds)
            costs[on] = (window_session.engine_seconds() - used) / shown
        ratios.append(rates[True][-1] / rates[False][-1])
        processor_ratios.append(costs[False] / costs[True] if costs[True] else 0.0)
        log(
            f"  {rates[True][-1]:.2f}/s with edits, {rates[False][-1]:.2f}/s without; "
            f"processor time {processor_ratios[-1]:.3f}"
        )
    return {
        "model": config.model,
        "threads": window_session.threads,
        "edits": len(edits),
        "edited_fps": round(median(rates[True]), 2),
        "plain_fps": round(median(rates[False]), 2),
        "edited_ratio": round(median(ratios), 3),
        "edited_processor_ratio": round(median(processor_ratios), 3),
        "edited_asked": f">= {MIN_EDITED_RATIO}",
        "layer": layer,
        "platform": window_session.application.platformName(),
    }
