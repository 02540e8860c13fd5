"""Choose what the network's output is taken for."""

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.predictions.text import MEANING_NAMES
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import MEANINGS, State

_AUTO = "as decided at opening"


class MeaningChoice(QWidget):
    """The list of meanings; the first one says what was decided."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        labels = {each: _AUTO if each == "auto" else MEANING_NAMES[each] for each in MEANINGS}
        self.combo = create_combo(self, "What the output is taken for", labels, min_letters=6)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(create_label(self, theme.caption_font(self), text="output", muted=True))
        layout.addWidget(self.combo, 1)
        self.combo.currentIndexChanged.connect(lambda k: session.update(meaning=MEANINGS[k]))

    def show_state(self, state: State, info: NetworkInfo | None) -> None:
        """Show the meaning that is chosen, and what was decided."""
        decided = (
            tr("auto: {meaning}", meaning=tr(MEANING_NAMES[info.meaning.kind]))
            if info is not None
            else tr(_AUTO)
        )
        with QSignalBlocker(self.combo):
            self.combo.setItemText(0, decided)
            self.combo.setCurrentIndex(MEANINGS.index(state.meaning))
