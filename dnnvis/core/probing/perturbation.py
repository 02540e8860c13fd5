"""Define how pictures are changed before a network sees them."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

#: How each change is said, in the order in which they are said.
TEXTS = {
    "noise": "noise {noise:.2f}",
    "blur": "blur {blur:.1f} %",
    "contrast": "contrast x{contrast:.2f}",
    "brightness": "brightness {brightness:+.2f}",
    "rotation": "turned {rotation:.0f}°",
    "shift": "shifted {shift_x:+.0f} %, {shift_y:+.0f} %",
    "zoom": "zoom x{zoom:.2f}",
    "occluder": "occluder {occluder:.0f} %",
}
PERCENT = {"blur": 100, "shift": 100, "occluder": 100}  # fractions that are said in percent


def _fill_in(text: str, **values: object) -> str:
    return text.format_map(values)


@dataclass(frozen=True)
class Perturbation:
    """How pictures are changed; as it is created, not at all.

    They are shifted, zoomed and turned about their center, then blurred, then contrast, brightness
    and noise change, then the occluder covers them.
    """

    #: Standard deviation of Gaussian noise, for pixels in [0, 1]; the same noise for one frame.
    noise: float = 0.0
    #: Standard deviation of a Gaussian blur, as a fraction of the shorter side.
    blur: float = 0.0
    #: Factor of the distance from gray.
    contrast: float = 1.0
    #: What is added, for pixels in [0, 1].
    brightness: float = 0.0
    #: Degrees, counter-clockwise.
    rotation: float = 0.0
    #: To the right, as a fraction of the width.
    shift_x: float = 0.0
    #: Down, as a fraction of the height.
    shift_y: float = 0.0
    #: Factor of the size.
    zoom: float = 1.0
    #: Side of a gray square, as a fraction of the shorter side; 0: none.
    occluder: float = 0.0
    #: Its center, as a fraction of the width.
    occluder_x: float = 0.5
    #: Its center, as a fraction of the height.
    occluder_y: float = 0.5

    @property
    def is_identity(self) -> bool:
        """Return whether pictures stay as they are; where an occluder would be does not matter."""
        here = replace(self, occluder_x=0.5, occluder_y=0.5) if not self.occluder else self
        return here == Perturbation()

    def describe(self, translate: Callable[..., str] = _fill_in) -> str:
        """Return what is changed, in a few words; "" for nothing.

        Args:
            translate: Fills the numbers into a text of TEXTS, or into its translation.
        """
        plain = Perturbation()
        parts = []
        for name, text in TEXTS.items():
            names = ("shift_x", "shift_y") if name == "shift" else (name,)
            values = {each: getattr(self, each) for each in names}
            if any(value != getattr(plain, each) for each, value in values.items()):
                factor = PERCENT.get(name, 1)
                shown = {each: factor * value for each, value in values.items()}
                parts.append(translate(text, **shown))
        return ", ".join(parts)


#: What each number may be, (lowest, greatest).
RANGES: dict[str, tuple[float, float]] = {
    "noise": (0.0, 0.5),
    "blur": (0.0, 0.1),
    "contrast": (0.0, 2.0),
    "brightness": (-0.5, 0.5),
    "rotation": (-180.0, 180.0),
    "shift_x": (-0.5, 0.5),
    "shift_y": (-0.5, 0.5),
    "zoom": (0.25, 4.0),
    "occluder": (0.0, 0.75),
    "occluder_x": (0.0, 1.0),
    "occluder_y": (0.0, 1.0),
}


def clamp(perturbation: Perturbation) -> Perturbation:
    """Return a perturbation whose numbers lie in their ranges."""
    values = {item.name: getattr(perturbation, item.name) for item in fields(perturbation)}
    return Perturbation(
        **{
            name: float(min(max(value, RANGES[name][0]), RANGES[name][1]))
            for name, value in values.items()
        }
    )
