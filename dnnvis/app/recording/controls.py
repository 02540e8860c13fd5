"""The part of the source bar for the last seconds: record, a slider, and a loop."""

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from dnnvis.app.recording.desk import RecordingDesk
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import JumpSlider, create_tool_button
from dnnvis.app.widgets.icons import PaletteIcons
from dnnvis.core.translation.catalog import tr

SLIDER_STEPS = 1000
SLIDER_WIDTH_PIXELS = 72


class RecordingControls(QWidget):
    """Its width does not change; every button is a key, too.

    The slider and the loop are there while the picture is held: in the present they say nothing.
    """

    def __init__(self, desk: RecordingDesk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._icons = PaletteIcons(self)
        self.slider = JumpSlider(self)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setFixedWidth(SLIDER_WIDTH_PIXELS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(tr("Last seconds"))
        self.slider.setToolTip(tr("The last seconds: drag back to see them again"))
        self.loop = create_tool_button(
            self, "", "The last seconds over and over (Alt+L)", name="Loop the last seconds"
        )
        self.record = create_tool_button(
            self, "", "Record frames on disk, or stop (Alt+R)", name="Record"
        )
        # the bar gives what is left to the source's name
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        for button, icon in ((self.record, "record"), (self.loop, "loop")):
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._icons.set_icon(button, icon)
        for widget in (self.record, self.slider, self.loop):
            row.addWidget(widget)
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        self.slider.sliderMoved.connect(lambda at: desk.player.seek(at / SLIDER_STEPS))
        self.loop.clicked.connect(lambda checked: self._run(desk.player.toggle_loop))
        self.record.clicked.connect(lambda checked: self._run(desk.toggle_recording))
        desk.player.moved.connect(self.show_position)
        self.show_position()

    def show_position(self) -> None:
        """Show where in the last seconds the frame on show lies, and what is on."""
        position = self._desk.player.position
        is_held = self._desk.player.is_held
        self.slider.setVisible(is_held)
        self.loop.setVisible(is_held)
        self.slider.setEnabled(position is not None)
        self.loop.setEnabled(position is not None)
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(round((1.0 if position is None else position) * SLIDER_STEPS))
        self.loop.setChecked(self._desk.player.loops)
        self.record.setChecked(self._desk.is_recording)

    def _run(self, callback: object) -> None:
        callback()  # type: ignore[operator]
        self.show_position()
