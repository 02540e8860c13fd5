"""Compute what the buttons of the Synthesis panel change in the state, without any Qt."""

from dataclasses import replace

from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.lens_settings import LensSettings
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

DREAMS = ("deepdream", "lapnorm")


DEFAULT_PRESET = Synthesis().preset


def with_preset(synthesis: Synthesis, preset: str) -> Synthesis:
    """Return the choice with another preset, and its own values for everything.

    The next unit that is selected grows with the preset from before, see ``for_every_unit``.
    """
    usual = synthesis.back or synthesis.preset
    back = "" if preset == usual else usual
    return replace(synthesis, preset=preset, params=(), back=back, paused=False, saved=-1)


def for_every_unit(synthesis: Synthesis, on: bool) -> Synthesis:
    """Return the choice with its preset for all units from now on, or for this one alone."""
    back = "" if on or synthesis.preset == DEFAULT_PRESET else DEFAULT_PRESET
    return replace(synthesis, back=back)


def show_saved(synthesis: Synthesis, number: int) -> Synthesis:
    """Return the choice with a saved picture of the unit on show; -1: the one that grows."""
    return replace(synthesis, saved=number)


def with_new_seed(synthesis: Synthesis) -> Synthesis:
    """Return the choice started again from seeds that were not on show."""
    return replace(
        synthesis,
        seed=synthesis.seed + synthesis.seeds,
        run=synthesis.run + 1,
        paused=False,
        saved=-1,
    )


def restart(synthesis: Synthesis) -> Synthesis:
    """Return the choice started again from the beginning."""
    return replace(synthesis, run=synthesis.run + 1, paused=False, saved=-1)


def dream_frame(state: State, settings: LensSettings, layer: bool) -> Synthesis:
    """Return the choice for DeepDream on the present frame.

    The next unit that is selected grows with the preset from before.

    Args:
        state: The session's state.
        settings: Presets of the lens and their values.
        layer: Whether to dream of the layer on show instead of the selected unit.

    Returns:
        The restarted synthesis, shown.
    """
    synthesis = state.synthesis
    objective = state.layer if layer or state.unit is None else str(state.unit.whole())
    if synthesis.preset not in DREAMS:
        synthesis = with_preset(synthesis, DREAMS[0])
    is_default = settings.value(synthesis.preset, "start") == "frame"
    synthesis = synthesis.with_param("start", None if is_default else "frame")
    return replace(restart(synthesis), goal=objective, shown=True)


def set_setting(session: Session, name: str, value: object, settings: LensSettings) -> None:
    """Set one setting by hand, or reset it to the preset's value.

    Args:
        session: The session whose state is updated.
        name: Name of the setting, or "seed".
        value: The new value; None for the preset's.
        settings: Presets of the lens and their values.
    """
    synthesis = session.state.synthesis
    if name == "seed":
        updated = replace(synthesis, seed=value if isinstance(value, int) else 0)
    else:
        is_default = value == settings.value(synthesis.preset, name)
        updated = synthesis.with_param(name, None if is_default else value)
    session.update(synthesis=updated)


def status(synthesis: Synthesis, result: SynthesisResult | None, can_grow: bool) -> str:
    """Return idle | growing | paused | finished, for the main button.

    Args:
        synthesis: The choices of the state.
        result: The picture on show; None without one.
        can_grow: Whether there is an objective that the network has.

    Returns:
        The status.
    """
    if not can_grow:
        return "idle"
    if result is not None and result.progress >= 1:
        return "finished"
    return "paused" if synthesis.paused else "growing"
