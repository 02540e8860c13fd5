"""Play a video from a file."""

from pathlib import Path
from types import TracebackType
from typing import Self

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.animation import Animation, open_moving_picture
from dnnvis.sources.film import Film
from dnnvis.sources.film_index import DEFAULT_RATE_HZ
from dnnvis.sources.source import ProblemCallback, ignore_problem


class Video:
    """The frames of a video or an animated picture, each for as long as the file says.

    With ``loop`` they play over and over.

    ``number`` of a frame is its own in the film, in presentation order from 0. ``position`` is
    that number as a fraction in [0, 1] of the last. What the header promises and the file does
    not hold, and frames that cannot be decoded, are reported to ``on_problem`` once; the video
    plays what there is.
    """

    live = False

    def __init__(
        self, path: str | Path, *, loop: bool = True, on_problem: ProblemCallback = ignore_problem
    ) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self.loop = loop
        self.rate = DEFAULT_RATE_HZ
        self.count = 0
        self._on_problem = on_problem
        self._film: Film | Animation | None = None
        self._last = self._next = 0
        self._damage_reported = False

    def __enter__(self) -> Self:
        """Open the file; raise BadInput where it is missing or no video."""
        film = self._film = open_moving_picture(self.path)
        self.rate, self.count = film.rate, len(film)
        self._last = self._next = 0
        if film.shortfall:
            self._on_problem(
                f"{self.name} breaks off {film.shortfall}; what there is plays. Get a whole "
                "copy of the film."
            )
        if shape := film.describe_shape():
            self._on_problem(f"{self.name} has {shape}.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None

    @property
    def position(self) -> float:
        """Return the position of the last frame in the video, in [0, 1]."""
        return self._last / max(self.count - 1, 1)

    @property
    def next_seconds(self) -> float:
        """Return for how long the next frame is to be shown, in seconds."""
        number = self._next if self._next < self.count else 0
        return self._require_film().duration(number)

    def read(self) -> Frame | None:
        """Read the next frame; None after the last where the video does not loop."""
        film = self._require_film()
        decoded = film.fetch(self._next) if self._next < self.count else None
        if decoded is None:
            if self._next < self.count:
                self._report_damage()
            if not self.loop:
                self._next = self.count
                return None
            decoded = film.fetch(0)
        if decoded is None:
            raise BadInput(
                f"{self.path} holds no picture that can be decoded; get a whole copy of it."
            )
        if film.damaged:
            self._report_damage()
        self._last, self._next = decoded.number, decoded.number + 1
        return Frame(decoded.pixels, source=self.name, index=decoded.number)

    def skip(self) -> None:
        """Pass over the next frame without reading it; the last of the video is never skipped."""
        if self._next < self.count - 1:
            self._last, self._next = self._next, self._next + 1

    def move(self, steps: int) -> None:
        """Move by so many frames."""
        self._set_next(self._last + steps)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the video."""
        self._set_next(round(min(max(fraction, 0.0), 1.0) * (self.count - 1)))

    def _set_next(self, number: int) -> None:
        self._next = min(max(number, 0), max(self.count - 1, 0))

    def _require_film(self) -> Film | Animation:
        if self._film is None:
            raise BadInput(f"{self.name} is closed; open it first.")
        return self._film

    def _report_damage(self) -> None:
        if not self._damage_reported:
            self._damage_reported = True
            self._on_problem(
                f"{self.name} is damaged near frame {self._next}: frames that cannot be decoded "
                "are left out, some may look wrong. Get a whole copy of the film."
            )
