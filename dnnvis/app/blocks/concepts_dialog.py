"""The form that finds the concepts of a layer over a data set."""

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtWidgets import QSpinBox, QWidget

from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets.job_bar import LayerJobWindow
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session

CONCEPTS_JOB = "concepts"
DEFAULT_LIMIT = 500
DEFAULT_COUNT, MAX_COUNT = 10, 60


class ConceptsDialog(LayerJobWindow):
    """Finds the concepts of the layer on show; the window of concepts then reads them."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        title = tr("Concepts of a layer")
        super().__init__(session, jobs, CONCEPTS_JOB, title, tr("Find"), DEFAULT_LIMIT, parent)
        self.count = QSpinBox(self)
        self.count.setRange(1, MAX_COUNT)
        self.count.setValue(DEFAULT_COUNT)
        self.count.setAccessibleName(tr("Number of concepts"))
        self.count.setToolTip(tr("Into how many groups the layer's activations are factored"))
        self.form.addRow(tr("Concepts"), self.count)

    def build_args(self) -> Sequence[str]:
        request = job_commands.ConceptsRequest(
            self.data.text().strip(), self.state.layer, self.count.value(), self.limit.value()
        )
        return job_commands.build_concepts_args(self.state.network, request, user_data_folder())

    def on_success(self) -> None:
        blocks = self.state.blocks
        changes = replace(blocks, concepts=True, concepts_run=blocks.concepts_run + 1)
        self.session.update(blocks=changes)
