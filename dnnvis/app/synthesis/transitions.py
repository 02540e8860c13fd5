"""What the buttons of the Synthesis panel change in the state, without any Qt."""

from dataclasses import replace

from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.lens_settings import LensSettings
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

DREAMS = ("deepdream", "lapnorm")


def with_preset(synthesis: Synthesis, preset: str) -> Synthesis:
    """Another preset, with its own values for everything."""
    return replace(synthesis, preset=preset, params=(), back="", paused=False)


def with_new_seed(synthesis: Synthesis) -> Synthesis:
    """Begun again from seeds that were not on show."""
    return replace(
        synthesis, seed=synthesis.seed + synthesis.seeds, run=synthesis.run + 1, paused=False
    )


def restart(synthesis: Synthesis) -> Synthesis:
    return replace(synthesis, run=synthesis.run + 1, paused=False)


def dream_frame(state: State, settings: LensSettings, layer: bool) -> Synthesis:
    """DeepDream on the present frame: of the selected unit, or of the layer on show. The
    next unit that is selected grows with the preset from before."""
    synthesis = state.synthesis
    objective = state.layer if layer or state.unit is None else str(state.unit.whole())
    if synthesis.preset not in DREAMS:
        synthesis = replace(with_preset(synthesis, DREAMS[0]), back=synthesis.preset)
    is_default = settings.value(synthesis.preset, "start") == "frame"
    synthesis = synthesis.with_param("start", None if is_default else "frame")
    return replace(restart(synthesis), goal=objective, shown=True)


def set_setting(session: Session, name: str, value: object, settings: LensSettings) -> None:
    """One setting set by hand, or (None) as the preset has it."""
    synthesis = session.state.synthesis
    if name == "seed":
        updated = replace(synthesis, seed=value if isinstance(value, int) else 0)
    else:
        is_default = value == settings.value(synthesis.preset, name)
        updated = synthesis.with_param(name, None if is_default else value)
    session.update(synthesis=updated)


def status(synthesis: Synthesis, result: SynthesisResult | None, can_grow: bool) -> str:
    """idle | growing | paused | finished, for the main button."""
    if not can_grow:
        return "idle"
    if result is not None and result.progress >= 1:
        return "finished"
    return "paused" if synthesis.paused else "growing"
