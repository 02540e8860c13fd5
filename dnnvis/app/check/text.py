"""Say what the check of a network shows, without any Qt."""

import math

from dnnvis.app.widgets import messages
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import (
    MIN_CHECKED_PICTURES,
    CheckReport,
    LayerHealth,
    NormalizationTrial,
)
from dnnvis.core.messages import NetworkInfo

WAITING = "The check begins with the next picture."
FITS_BEST = "fits best"
TAKE_TIP = "A click runs the network with {numbers}; another click goes back."
HEALTH_TIP = (
    "Share of each layer's units that were never above 0 (or never varied) on these pictures, and "
    "above it of those that stay at one end of a sigmoid, tanh or ReLU6."
)


def describe_check(check: CheckReport | None) -> str:
    """Return the sentence on top: what is odd, or that nothing is."""
    if check is None:
        return WAITING
    if check.odd:
        return check.odd
    trials = check.normalization
    if trials is None:
        return check.message or WAITING
    pictures = "1 picture" if trials.pictures == 1 else f"{trials.pictures} pictures"
    others = [name for name in trials.tied if name != trials.current]
    if trials.pictures > 1 and others and trials.current in trials.tied:
        return f"Nothing odd on {pictures}; as good: {', '.join(others)}."
    return f"Nothing odd so far, on {pictures}."


def list_facts(check: CheckReport) -> list[str]:
    """Return the lines on input and answers."""
    low, high = (format_number(value) for value in check.input_range)
    mean, std = (_join(values) for values in (check.input_mean, check.input_std))
    lines = [f"Input: {low} to {high}, mean {mean}, std {std}"]
    assumed = "; mean and std were assumed" if check.assumed else ""
    lines.append(f"Prepared: {check.preprocessing}{assumed}")
    if math.isfinite(check.entropy):
        unsure = math.exp(check.entropy)
        count = round(math.exp(check.chance))
        lines.append(
            f"Answers: as unsure as between {unsure:.3g} of {count:,} classes "
            f"(entropy {check.entropy:.2f}, chance {check.chance:.2f})"
        )
    if check.labeled:
        share = f"{100 * check.right / check.labeled:.0f} %"
        lines.append(f"Right: {check.right:,} of {check.labeled:,} labeled pictures ({share})")
    return lines


def _join(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


def describe_health(check: CheckReport) -> str:
    """Return the line over the bars of dead and saturated units."""
    units = sum(layer.units for layer in check.layers)
    dead = sum(layer.dead for layer in check.layers)
    saturated = sum(layer.saturated for layer in check.layers)
    pictures = "1 picture" if check.pictures == 1 else f"{check.pictures} pictures"
    line = f"Dead on {pictures}: {dead:,} of {units:,} units"
    return f"{line}; saturated: {saturated:,}" if saturated else line


def describe_layer(layer: LayerHealth, info: NetworkInfo | None) -> str:
    """Return what a bar shows: ``fire2/squeeze: 3 of 16 units dead``."""
    name = layer.layer if info is None else info.label_layer(layer.layer)
    saturated = f", {layer.saturated:,} saturated" if layer.saturated else ""
    return f"{name}: {layer.dead:,} of {layer.units:,} units dead{saturated}"


def name_best_class(trial: NormalizationTrial, info: NetworkInfo | None) -> str:
    """Return the best class under a normalization, with its probability."""
    if info is None:
        return f"class {trial.best_class}"
    return messages.get_class_name(info, trial.best_class)


def describe_fit(check: CheckReport, trial: NormalizationTrial) -> str:
    """Return how a normalization compares: it runs now, fits best, or as well as the best."""
    trials = check.normalization
    if trials is None:
        return ""
    if trial.normalization.name == trials.current:
        return "runs now"
    if trials.pictures < MIN_CHECKED_PICTURES:
        return ""
    if trial is trials.best and trials.current not in trials.tied:
        return FITS_BEST
    return "fits as well" if trial.normalization.name in trials.tied else ""
