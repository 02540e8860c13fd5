"""The form that makes an activation atlas of a layer over a data set."""

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtWidgets import QSpinBox, QWidget

from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets.controls import create_combo
from dnnvis.app.widgets.job_bar import LayerJobWindow
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session

ATLAS_JOB = "atlas"
DEFAULT_LIMIT = 2000
DEFAULT_GRID, MAX_GRID = 10, 60
LAYOUTS = {"map": "a map fitted on them", "pca": "principal components", "umap": "UMAP"}


class AtlasDialog(LayerJobWindow):
    """Makes the atlas of the layer on show; the map's tab Atlas then reads it."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        title = tr("Atlas of a layer")
        super().__init__(session, jobs, ATLAS_JOB, title, tr("Make"), DEFAULT_LIMIT, parent)
        self.grid = QSpinBox(self)
        self.grid.setRange(2, MAX_GRID)
        self.grid.setValue(DEFAULT_GRID)
        self.grid.setAccessibleName(tr("Cells along a side"))
        self.grid.setToolTip(
            tr("A picture is grown for each cell; twice as many show when one zooms in")
        )
        self.layout_choice = create_combo(self, "Layout", LAYOUTS, min_letters=18)
        self.layout_choice.setToolTip(
            tr(
                "A fitted map can be decoded at every place, also between the cells; UMAP needs "
                "umap-learn and cannot follow the frame"
            )
        )
        self.form.addRow(tr("Cells a side"), self.grid)
        self.form.addRow(tr("Laid out by"), self.layout_choice)

    def build_args(self) -> Sequence[str]:
        grid = self.grid.value()
        request = job_commands.AtlasRequest(
            self.data.text().strip(),
            self.state.layer,
            self.layout_choice.currentData(),
            (grid, 2 * grid),
            self.limit.value(),
        )
        return job_commands.build_atlas_args(self.state.network, request, user_data_folder())

    def on_success(self) -> None:
        choice = self.state.map
        version = choice.atlas_version + 1
        changes = replace(choice, atlas_version=version, atlas_cell=(), atlas_region=())
        self.session.update(map=replace(changes, tab="atlas"))
