"""Offer to render a layer where the grid of kept pictures is nearly empty."""

from collections.abc import Callable

from PyQt6.QtWidgets import QPushButton, QWidget

from dnnvis.core.formatting import format_duration, format_value
from dnnvis.core.job_state import JobState
from dnnvis.core.translation.catalog import tr

MIN_STORED_FRACTION = 0.5  # of a layer's units with a picture, from which nothing is offered


class RenderOffer(QPushButton):
    """A button that says how many units are without a picture, and how long theirs would take.

    ``estimate`` returns the seconds for one unit, None where that was not measured yet;
    ``render`` starts the job.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._render: Callable[[], object] = lambda: None
        self._estimate: Callable[[], float | None] = lambda: None
        self._job: JobState | None = None
        self.setToolTip(tr("Grow a picture of every unit of this layer, beside the window"))
        self.clicked.connect(lambda checked=False: self._render())
        self.hide()

    def offer(self, render: Callable[[], object], estimate: Callable[[], float | None]) -> None:
        """Set what a click starts, and how its time is estimated."""
        self._render, self._estimate = render, estimate

    def show_job(self, job: JobState) -> None:
        """Show how far a job is that was begun."""
        self._job = None if job.finished else job
        self._show_text(0)

    def show_missing(self, missing: int, total: int) -> None:
        """Show or hide the offer for a layer.

        Args:
            missing: Units without a picture.
            total: Units of the layer.
        """
        is_offered = total > 0 and missing > (1 - MIN_STORED_FRACTION) * total
        self.setVisible(is_offered or (self._job is not None and missing > 0))
        self._show_text(missing)

    def _show_text(self, missing: int) -> None:
        job = self._job
        self.setEnabled(job is None)
        if job is not None:
            of = tr(" of {total:,}", total=job.total) if job.total else ""
            self.setText(
                tr("Rendering this layer: {count} ...", count=f"{format_value(job.done, ',')}{of}")
            )
        elif missing:
            seconds = self._estimate()
            text = (
                "Render this layer (1 unit)"
                if missing == 1
                else "Render this layer ({count:,} units)"
            )
            label = tr(text, count=missing)
            if seconds is not None:
                about = tr("about {time}", time=format_duration(seconds * missing))
                label = f"{label[:-1]}, {about})"
            self.setText(label)
