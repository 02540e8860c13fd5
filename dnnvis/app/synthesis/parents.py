"""Show what each of two units wants alone, beside the picture of both together."""

from typing import Any

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.synthesis.tiles import tile_stored
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import ThumbnailGrid
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.lens_results import Patterns, StoredPicture
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import PARENTS, find_parents, parse_objective
from dnnvis.session.session import Session
from dnnvis.session.state import State

MIN_WIDTH_PIXELS = 480  # of the whole panel, below which the picture of both has all the room
READING = "Pictures of {unit} are read ..."
NO_PICTURE = (
    "No picture of {unit} is kept yet. Select it and let its picture grow to the end; it stands "
    "here then."
)


class ParentsView(Panel):
    """The newest kept picture of each unit of a sum of two, one above the other.

    A picture that was grown with the present preset comes first. It hides itself for every other
    goal, and where the panel around it is narrow.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.received: dict[str, Patterns | Failure] = {}
        self.views = tuple(
            ThumbnailGrid(tr("Kept picture of {parent}", parent=key), self) for key in PARENTS
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        for view in self.views:
            column.addWidget(view, 1)
        parent.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self._redraw()
        return False

    def picture_parts(self) -> tuple[QWidget, ...]:
        return self.views

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.synthesis != state.synthesis:
            self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.received = {}
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key in PARENTS and isinstance(value, Patterns | Failure):
            self.received[key] = value
            self._redraw()

    def _redraw(self) -> None:
        goal, panel = self.state.synthesis.goal, self.parentWidget()
        units = find_parents(goal, self.info)
        has_room = panel is not None and panel.width() >= MIN_WIDTH_PIXELS
        self.setVisible(bool(units) and has_room)
        objective = parse_objective(goal, self.info)
        if not units or objective is None:
            return
        for k, (unit, term) in enumerate(zip(units, objective.terms, strict=True)):
            name = self.label(str(Objective((term,))))
            self.views[k].setToolTip(as_plain_text(name))
            self._show_parent(k, unit, name)

    def _show_parent(self, k: int, unit: Unit, name: str) -> None:
        """Show a unit's picture over its name, or in a sentence why there is none."""
        view, value = self.views[k], self.received.get(PARENTS[k])
        if isinstance(value, Failure):
            view.show_message(value.sentence)
            return
        if value is None or value.layer != unit.layer or value.unit not in ("", str(unit)):
            view.show_message(tr(READING, unit=self.label(str(unit))))
            return
        picture = choose_parent_picture(value.own, self.state.synthesis.preset)
        if picture is None:
            view.show_message(tr(NO_PICTURE, unit=self.label(str(unit))))
        else:
            view.show_tiles((tile_stored(picture, name),))


def choose_parent_picture(pictures: tuple[StoredPicture, ...], preset: str) -> StoredPicture | None:
    """Return the newest picture of a preset, else the newest of any; None where there is none.

    Args:
        pictures: The kept pictures of a unit, the newest first.
        preset: The preset that the picture beside it grows with.
    """
    same = (picture for picture in pictures if picture.preset == preset)
    return next(same, pictures[0] if pictures else None)
