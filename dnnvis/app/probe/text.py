"""Say in words what a tuning curve shows."""

from datetime import datetime

import numpy as np

from dnnvis.core.formatting import format_number
from dnnvis.core.probing.tuning import TuningAxis, TuningCurve
from dnnvis.core.translation.catalog import tr

#: What is shown, by its name in files.
KIND_LABELS = {"gratings": "gratings", "bars": "bars", "dots": "dots", "hues": "hues"}
#: What lies along a curve.
AXIS_LABELS = {
    "angle": "angle (degrees)",
    "hue": "hue (degrees)",
    "diameter": "diameter (pixels)",
}
#: A value of a property.
AXIS_VALUES = {
    "angle": "angle {value:.3g}°",
    "frequency": "{value:.3g} cycles per pixel",
    "width": "width {value:.3g} pixels",
    "diameter": "diameter {value:.3g} pixels",
    "hue": "hue {value:.3g}°",
}
DARK, LIGHT = "dark on gray", "light on gray"


def describe_value(axis: TuningAxis, value: float) -> str:
    """Return a value of a property with its name and unit."""
    if axis.name == "contrast":
        return tr(LIGHT if value > 0 else DARK)
    text = AXIS_VALUES.get(axis.name)
    return f"{axis.name} {value:.3g} {axis.unit}" if text is None else tr(text, value=value)


def describe_created(created: str) -> str:
    """Return when a curve was kept, to the minute, in the time of this place.

    Args:
        created: As ISO 8601 writes it, with its time zone.
    """
    return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")


def label_axis(axis: TuningAxis) -> str:
    """Return what lies along a curve, and its unit."""
    return tr(AXIS_LABELS.get(axis.name, f"{axis.name} ({axis.unit})"))


def is_flat(curve: TuningCurve) -> bool:
    """Return whether all responses so far are the same."""
    known = curve.responses[~np.isnan(curve.responses)]
    return known.size > 0 and float(known.min()) == float(known.max())


def describe_flat(curve: TuningCurve) -> str:
    """Return that a unit responds to all pictures alike."""
    value = format_number(float(np.nanmax(curve.responses)))
    return tr("It responds to all of these pictures alike so far: {value}", value=value)


def describe_curve(curve: TuningCurve) -> str:
    """Return the best picture and the selectivity in one line; "" before any is known."""
    if not curve.best:
        return ""
    if is_flat(curve):
        return describe_flat(curve)
    values = zip(curve.axes, curve.best, strict=False)
    parts = [
        tr(
            "most for {best}: {value} (gray: {baseline})",
            best=", ".join(describe_value(axis, value) for axis, value in values),
            value=format_number(float(np.nanmax(curve.responses))),
            baseline=format_number(curve.baseline),
        )
    ]
    selectivity = curve.selectivity()
    if selectivity is not None:
        strength, preferred = selectivity
        parts.append(
            tr(
                "selectivity {strength:.2f} around {preferred:.0f}°",
                strength=strength,
                preferred=preferred,
            )
        )
    return "; ".join(parts)
