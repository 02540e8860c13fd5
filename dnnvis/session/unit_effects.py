"""What switching off each unit of a layer does, as a sweep reports it to the window."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.job_state import JobState
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit

SWEEP_JOB = "sweep"  # the job's name; its mail key is ``job sweep``
FRACTIONS = ("accuracy", "agreement")  # measures that are shares of the pictures


@dataclass(frozen=True, eq=False)
class UnitEffects:
    """The change of a measure with each unit of a layer off."""

    #: Name of the network.
    network: str
    layer: str
    #: ``accuracy``, ``agreement`` (with the network's own answers), or a unit.
    measure: str
    #: Its value with all units on.
    baseline: float
    #: Its change with each unit off, float64 (C,); NaN where it is not known.
    effects: NDArray[np.float64]
    #: Share of the pictures on which each unit is not 0 anyway, (C,).
    fired: NDArray[np.float64]
    #: Number of pictures.
    pictures: int
    #: What an off unit was set to: ``zero``, its ``mean`` over the first pictures, "" unknown.
    set_to: str = ""

    def order(self) -> NDArray[np.int64]:
        """Return the channels, those whose loss hurts most first, of equal ones the lower."""
        values = np.nan_to_num(self.effects, nan=np.inf)
        return np.argsort(values, kind="stable").astype(np.int64)

    def belongs_to(self, network: str, layer: str, count: int) -> bool:
        """Return whether these are the effects of a network's layer of so many units."""
        return (self.network, self.layer, len(self.effects)) == (network, layer, count)


def read_effects(state: JobState) -> UnitEffects | None:
    """Return the effects in what a sweep reported last; None where it has none yet."""
    record = state.latest.get("sweep")
    if not isinstance(record, dict):
        return None
    try:
        effects, fired = (_as_array(record[name]) for name in ("effects", "fired"))
        baseline = record["baseline"]
        return UnitEffects(
            str(record["network"]),
            str(record["layer"]),
            str(record["measure"]),
            float("nan") if baseline is None else float(baseline),
            effects,
            fired,
            int(record["pictures"]),
            str(record.get("set_to", "")),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _as_array(values: Any) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def format_effect(effect: float, measure: str) -> str:
    """Return an effect with its sign: in percentage points, or in the measured unit's scale."""
    if np.isnan(effect):
        return tr("not known")
    if measure in FRACTIONS:
        return tr("{effect:+.2f} points", effect=100 * effect)
    return f"{effect:+.4g}"


def name_measure(measure: str) -> str:
    """Return what a measure is called: accuracy, agreement, or the unit."""
    names = {"accuracy": tr("accuracy"), "agreement": tr("agreement")}
    return names.get(measure, measure)


def describe_off(effects: UnitEffects) -> str:
    """Return what an off unit was set to, in words; "" where that is not known."""
    described = {"zero": tr("off is 0"), "mean": tr("off is its mean over the first pictures")}
    return described.get(effects.set_to, "")


def describe_measure(effects: UnitEffects) -> str:
    """Return the measure with all units on, on how many pictures, and what off is."""
    return "; ".join(filter(None, (_describe_baseline(effects), describe_off(effects))))


def _describe_baseline(effects: UnitEffects) -> str:
    if effects.measure == "accuracy":
        value = tr("accuracy {percent:.1f} %", percent=100 * effects.baseline)
    elif effects.measure == "agreement":
        value = tr(
            "agreement with the network's own answers {percent:.1f} %",
            percent=100 * effects.baseline,
        )
    else:
        value = tr("mean of {unit} {value:.4g}", unit=effects.measure, value=effects.baseline)
    if effects.pictures == 1:
        return tr("{value} with all units on, over 1 picture", value=value)
    return tr(
        "{value} with all units on, over {count} pictures", value=value, count=effects.pictures
    )


def describe_effect(effects: UnitEffects | None, unit: Unit | None, network: str) -> str:
    """Return the effect of a unit in words; "" where no sweep has it."""
    if effects is None or unit is None or effects.network != network:
        return ""
    if effects.layer != unit.layer or unit.channel >= len(effects.effects):
        return ""
    rank = int(np.flatnonzero(effects.order() == unit.channel)[0]) + 1
    parts: dict[str, Any] = {
        "effect": format_effect(float(effects.effects[unit.channel]), effects.measure),
        "measure": name_measure(effects.measure),
        "rank": rank,
        "total": len(effects.effects),
    }
    if effects.pictures == 1:
        sentence = tr(
            "Off: {effect} of {measure}, over 1 picture; number {rank} of {total} by harm", **parts
        )
    else:
        sentence = tr(
            "Off: {effect} of {measure}, over {count} pictures; number {rank} of {total} by harm",
            count=effects.pictures,
            **parts,
        )
    return "; ".join(filter(None, (sentence, describe_off(effects))))
