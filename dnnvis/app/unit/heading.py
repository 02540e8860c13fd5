"""The line over the cards of the selected unit: its name, its value, bookmark and note."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.unit import notes_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.formatting import format_number
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit


class UnitHeading(QWidget):
    """``Unit 20  294 now · best 468``; ``note_requested`` opens the note."""

    note_requested = pyqtSignal()
    bookmark_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = create_label(self, theme.title_font(self))
        self.summary = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.bookmark = create_tool_button(
            self,
            notes_text.STAR,
            "Bookmark the selected unit (Ctrl+D)",
            name="Bookmark the unit",
            flat=True,
        )
        self.bookmark.setCheckable(True)
        self.note = create_tool_button(self, "note", "Write a note to this unit", flat=True)
        self.bookmark.clicked.connect(lambda checked=False: self.bookmark_requested.emit())
        self.note.clicked.connect(lambda checked=False: self.note_requested.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.title)
        row.addWidget(self.summary, 1)
        row.addWidget(self.bookmark)
        row.addWidget(self.note)

    def show_unit(
        self, unit: Unit | None, info: NetworkInfo | None, layer_on_show: str = ""
    ) -> None:
        """Show which unit the cards are about, and its layer where another one is on show."""
        text = describe_unit(unit, info)
        if unit is not None and layer_on_show not in ("", unit.layer):
            layer = unit.layer if info is None else info.label_layer(unit.layer)
            text = tr("{unit} of {layer}", unit=text, layer=layer)
        if text != self.title.text():
            self.title.setText(text)
        self.title.setToolTip("" if unit is None else str(unit))
        for button in (self.bookmark, self.note):
            button.setEnabled(unit is not None)

    def show_values(
        self, value: float | None, best: float | None, *, is_previewed: bool = False
    ) -> None:
        """Show the unit's greatest value on this frame, and the best example's.

        Args:
            value: The value; None where it is not known.
            best: The best example's; None where it is not known.
            is_previewed: Whether the unit is under the mouse only: other cards show another one.
        """
        parts = [tr("under the mouse")] if is_previewed else []
        parts.append("" if value is None else tr("{value} now", value=format_number(value)))
        parts.append("" if best is None else tr("best example {value}", value=format_number(best)))
        self.summary.set_parts(parts)


def describe_unit(unit: Unit | None, info: NetworkInfo | None) -> str:
    """Return the title of the cards of a unit: ``Unit 20``, or the name of its class."""
    if unit is None:
        return tr("No unit yet")
    labels = info.labels if info is not None else ()
    if unit.layer == "output" and unit.channel < len(labels):
        return labels[unit.channel].split(",")[0]
    return tr("Unit {number}", number=unit.channel)
