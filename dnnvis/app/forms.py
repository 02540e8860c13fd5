"""The forms of long jobs, each a window of its own over the main one."""

from PyQt6.QtWidgets import QWidget

from dnnvis.app.atlas.dialog import AtlasDialog
from dnnvis.app.blocks.concepts_dialog import ConceptsDialog
from dnnvis.app.dissection.dialog import DissectDialog
from dnnvis.app.edits.sweep_dialog import SweepDialog
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.session.session import Session


class Forms:
    """Holds the forms; they are hidden until they are opened."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget) -> None:
        self.sweep = SweepDialog(session, jobs, parent)
        self.dissection = DissectDialog(session, jobs, parent)
        self.atlas = AtlasDialog(session, jobs, parent)
        self.concepts = ConceptsDialog(session, jobs, parent)
        self.panels = (self.sweep, self.dissection, self.atlas, self.concepts)
