"""Define a tuning curve: what a unit responds to a family of simple pictures."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

StimulusKind = Literal["gratings", "bars", "dots", "hues"]


@dataclass(frozen=True)
class TuningAxis:
    """One property of the pictures that was varied."""

    #: angle | frequency | width | diameter | hue.
    name: str
    #: Its values, in ``unit``.
    values: tuple[float, ...]
    #: degrees | cycles per pixel | pixels.
    unit: str
    #: The value after which it begins again (180 for angles, 360 for hues); 0: it does not.
    period: float = 0.0


@dataclass(frozen=True, eq=False)
class TuningCurve:
    """The responses of a unit to a family of pictures, as far as they are known."""

    kind: StimulusKind
    #: Text of the unit.
    unit: str
    #: One or two properties; the first is what a curve or a polar plot is drawn over.
    axes: tuple[TuningAxis, ...]
    #: float32 (len of the first axis, len of the second or 1); NaN where it was not shown yet.
    responses: NDArray[np.float32]
    #: The response to the plain background.
    baseline: float
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    network: str = ""
    frame: int = -1
    progress: float = 1.0
    #: The picture that it responded to most, uint8 (H, W, C); None before any.
    preferred: NDArray[np.uint8] | None = None
    #: When it was kept, UTC as ISO text; "": it was measured now.
    created: str = ""

    @property
    def curve(self) -> NDArray[np.float32]:
        """Return the responses over the first axis, at the best value of the second, (N,)."""
        if np.isnan(self.responses).all():
            return self.responses[:, 0]
        best = int(np.nanargmax(self.responses)) % self.responses.shape[1]
        return self.responses[:, best]

    @property
    def best(self) -> tuple[float, ...]:
        """Return the value of each axis at the greatest response; () before any is known."""
        if np.isnan(self.responses).all():
            return ()
        index = np.unravel_index(int(np.nanargmax(self.responses)), self.responses.shape)
        return tuple(axis.values[k] for axis, k in zip(self.axes, index, strict=False))

    def selectivity(self) -> tuple[float, float] | None:
        """Return how selective the unit is along a periodic first axis, and the direction.

        The length of the mean resultant vector of the responses above their minimum (for angles
        1 - circular variance: Ringach et al. 2002, J. Neurosci. 22, equation 1): 0 responds to
        all values equally, 1 to one alone. The direction is the circular mean.

        Returns:
            (selectivity in [0, 1], preferred value in the axis' unit); None where the axis is not
            periodic or the responses do not vary.
        """
        period = self.axes[0].period
        curve = self.curve.astype(np.float64)
        weights = curve - np.nanmin(curve) if not np.isnan(curve).all() else curve
        total = np.nansum(weights)
        if not period or not total > 0 or np.isnan(curve).any():
            return None
        turns = 2j * np.pi * np.array(self.axes[0].values) / period
        resultant = (weights * np.exp(turns)).sum() / total
        preferred = float(np.angle(resultant) / (2 * np.pi) * period % period)
        return float(abs(resultant)), preferred

    def describe(self) -> str:
        """Return the best picture and the selectivity in one line."""
        best = self.best
        if not best:
            return ""
        parts = [
            f"{axis.name} {value:.3g} {axis.unit}"
            for axis, value in zip(self.axes, best, strict=False)
        ]
        text = f"most for {', '.join(parts)}: {float(np.nanmax(self.responses)):.4g}"
        text += f" (background {self.baseline:.4g})"
        selectivity = self.selectivity()
        if selectivity is not None:
            text += f"; selectivity {selectivity[0]:.2f} around {selectivity[1]:.0f}°"
        return text
