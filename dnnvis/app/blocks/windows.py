"""Create the windows of building blocks and of concepts, hidden."""

from PyQt6.QtWidgets import QWidget

from dnnvis.app.blocks.blocks_window import BlocksWindow
from dnnvis.app.blocks.concepts_window import ConceptsWindow
from dnnvis.session.session import Session


def create_windows(session: Session, parent: QWidget) -> tuple[BlocksWindow, ConceptsWindow]:
    """Create both windows; the state says whether they are open."""
    return BlocksWindow(session, parent), ConceptsWindow(session, parent)
