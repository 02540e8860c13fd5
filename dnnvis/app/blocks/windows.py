"""Create the windows of building blocks and of concepts, hidden."""

from collections.abc import Callable

from PyQt6.QtWidgets import QWidget

from dnnvis.app.blocks.blocks_window import BlocksWindow
from dnnvis.app.blocks.concepts_window import ConceptsWindow
from dnnvis.session.session import Session


def create_windows(
    session: Session, find: Callable[[], None], parent: QWidget
) -> tuple[BlocksWindow, ConceptsWindow]:
    """Create both windows; the state says whether they are open. ``find`` opens a form."""
    concepts = ConceptsWindow(session, parent)
    concepts.find_requested.connect(find)
    return BlocksWindow(session, parent), concepts
