"""Choose whose attention the maps of attention heads show."""

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label
from dnnvis.core.messages import ATTENTION_HEADS, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import QUERIES, AttentionQuery, State

_LABELS: dict[AttentionQuery, str] = {
    "default": "class token or mean",
    "class": "class token",
    "mean": "mean over queries",
    "position": "selected position",
    "rollout": "rollout through the layers",
}
_HELP: dict[AttentionQuery, str] = {
    "default": "What the class token attends to where there is one, else the mean over all queries",
    "class": "What the class token attends to",
    "mean": "How much each position is attended to, over all queries",
    "position": "What the selected position attends to; select one with Ctrl and a click",
    "rollout": "The head's attention followed through all layers before it (Abnar & Zuidema 2020)",
}


class QueryChoice(QWidget):
    """The list of queries, on screen while a layer of attention heads is."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        labels = {query: _LABELS[query] for query in QUERIES}
        self.combo = create_combo(self, "Query of the attention heads", labels, min_letters=18)
        for row, query in enumerate(QUERIES):
            self.combo.setItemData(row, tr(_HELP[query]), 3)  # 3: the tool tip
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(create_label(self, theme.caption_font(self), text="query", muted=True))
        layout.addWidget(self.combo)
        self.combo.currentIndexChanged.connect(lambda k: session.update(query=QUERIES[k]))
        self.hide()

    def show_state(self, state: State, info: NetworkInfo | None) -> None:
        """Show the query that is chosen, where the layer on show has heads."""
        layer = info.layer(state.layer) if info is not None else None
        self.setVisible(layer is not None and layer.kind == ATTENTION_HEADS)
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(QUERIES.index(state.query))
