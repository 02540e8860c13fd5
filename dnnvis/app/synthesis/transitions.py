"""What the buttons of the Synthesis panel change in the state, without any Qt."""

from dataclasses import replace

from dnnvis.core.lens_results import Grown
from dnnvis.core.lens_settings import Settings
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

DREAMS = ("deepdream", "lapnorm")


def with_preset(wish: Synthesis, preset: str) -> Synthesis:
    """Another preset, with its own values for everything."""
    return replace(wish, preset=preset, params=(), back="", paused=False)


def with_new_seed(wish: Synthesis) -> Synthesis:
    """Begun again from seeds that were not on show."""
    return replace(wish, seed=wish.seed + wish.seeds, run=wish.run + 1, paused=False)


def again(wish: Synthesis) -> Synthesis:
    return replace(wish, run=wish.run + 1, paused=False)


def dreaming(state: State, settings: Settings, layer: bool) -> Synthesis:
    """DeepDream on the present frame: of the selected unit, or of the layer on show. The
    next unit that is selected grows with the preset from before."""
    wish = state.synthesis
    goal = state.layer if layer or state.unit is None else str(state.unit.whole())
    if wish.preset not in DREAMS:
        wish = replace(with_preset(wish, DREAMS[0]), back=wish.preset)
    own = settings.value(wish.preset, "start") == "frame"
    wish = wish.with_param("start", None if own else "frame")
    return replace(again(wish), goal=goal, shown=True)


def changed(session: Session, name: str, value: object, settings: Settings) -> None:
    """One setting set by hand, or (None) as the preset has it."""
    wish = session.state.synthesis
    if name == "seed":
        fresh = replace(wish, seed=value if isinstance(value, int) else 0)
    else:
        own = value == settings.value(wish.preset, name)
        fresh = wish.with_param(name, None if own else value)
    session.update(synthesis=fresh)


def status(wish: Synthesis, grown: Grown | None, asked: bool) -> str:
    """idle | growing | paused | finished, for the main button."""
    if not asked:
        return "idle"
    if grown is not None and grown.progress >= 1:
        return "finished"
    return "paused" if wish.paused else "growing"
