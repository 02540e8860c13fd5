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
from dnnvis.core.translation.catalog import tr

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
        return tr(WAITING)
    if check.odd:
        return check.odd
    trials = check.normalization
    if trials is None:
        return check.message or tr(WAITING)
    pictures = count_pictures(trials.pictures)
    others = [name for name in trials.tied if name != trials.current]
    if trials.pictures > 1 and others and trials.current in trials.tied:
        text = "Nothing odd on {pictures}; as good: {others}."
        return tr(text, pictures=pictures, others=", ".join(map(tr, others)))
    return tr("Nothing odd so far, on {pictures}.", pictures=pictures)


def count_pictures(count: int) -> str:
    """Return ``1 picture`` or ``12 pictures``."""
    return tr("1 picture") if count == 1 else tr("{count} pictures", count=count)


def list_facts(check: CheckReport) -> list[str]:
    """Return the lines on input and answers."""
    low, high = (format_number(value) for value in check.input_range)
    mean, std = (_join(values) for values in (check.input_mean, check.input_std))
    text = "Input: {low} to {high}, mean {mean}, std {std}"
    lines = [tr(text, low=low, high=high, mean=mean, std=std)]
    assumed = f"; {tr('mean and std were assumed')}" if check.assumed else ""
    lines.append(tr("Prepared: {steps}", steps=f"{check.preprocessing}{assumed}"))
    if math.isfinite(check.entropy):
        unsure = math.exp(check.entropy)
        count = round(math.exp(check.chance))
        lines.append(
            tr(
                "Answers: as unsure as between {unsure:.3g} of {count:,} classes "
                "(entropy {entropy:.2f}, chance {chance:.2f})",
                unsure=unsure,
                count=count,
                entropy=check.entropy,
                chance=check.chance,
            )
        )
    if check.labeled:
        share = f"{100 * check.right / check.labeled:.0f} %"
        text = "Right: {right:,} of {count:,} labeled pictures ({share})"
        lines.append(tr(text, right=check.right, count=check.labeled, share=share))
    return lines


def _join(values: tuple[float, ...]) -> str:
    """Write numbers as they are typed in the dialog of a network, in every language."""
    return ", ".join(f"{value:.3g}" for value in values)


def describe_health(check: CheckReport) -> str:
    """Return the line over the bars of dead and saturated units."""
    units = sum(layer.units for layer in check.layers)
    dead = sum(layer.dead for layer in check.layers)
    saturated = sum(layer.saturated for layer in check.layers)
    pictures = count_pictures(check.pictures)
    text = "Dead on {pictures}: {dead:,} of {units:,} units"
    line = tr(text, pictures=pictures, dead=dead, units=units)
    return f"{line}; {tr('saturated: {count:,}', count=saturated)}" if saturated else line


def describe_layer(layer: LayerHealth, info: NetworkInfo | None) -> str:
    """Return what a bar shows: ``fire2/squeeze: 3 of 16 units dead``."""
    name = layer.layer if info is None else info.label_layer(layer.layer)
    text = "{layer}: {dead:,} of {units:,} units dead"
    line = tr(text, layer=name, dead=layer.dead, units=layer.units)
    saturated = tr("{count:,} saturated", count=layer.saturated) if layer.saturated else ""
    return f"{line}, {saturated}" if saturated else line


def name_best_class(trial: NormalizationTrial, info: NetworkInfo | None) -> str:
    """Return the best class under a normalization, with its probability."""
    if info is None:
        return tr("class {number}", number=trial.best_class)
    return messages.get_class_name(info, trial.best_class)


def describe_fit(check: CheckReport, trial: NormalizationTrial) -> str:
    """Return how a normalization compares: it runs now, fits best, or as well as the best."""
    trials = check.normalization
    if trials is None:
        return ""
    if trial.normalization.name == trials.current:
        return tr("runs now")
    if trials.pictures < MIN_CHECKED_PICTURES:
        return ""
    if trial is trials.best and trials.current not in trials.tied:
        return tr(FITS_BEST)
    return tr("fits as well") if trial.normalization.name in trials.tied else ""
