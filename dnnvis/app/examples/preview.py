"""Show one natural picture large: while the mouse lies on it, or in a window of its own."""

from collections.abc import Callable

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QVBoxLayout, QWidget

from dnnvis.app.examples import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.lens_results import Example
from dnnvis.core.translation.catalog import tr

PREVIEW_SIDE_PIXELS, DIALOG_SIDE_PIXELS = 240, 460  # pixels of the picture's side


class ExamplePreview(QFrame):
    """The whole picture beside the mouse, with the unit's receptive field in it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.view = ThumbnailGrid(tr("The whole picture"), self)
        self.view.setFixedSize(PREVIEW_SIDE_PIXELS, PREVIEW_SIDE_PIXELS)
        self.message = create_label(self, theme.caption_font(self))
        self.message.setWordWrap(True)
        self.message.setFixedWidth(PREVIEW_SIDE_PIXELS)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.addWidget(self.view)
        column.addWidget(self.message)

    def show_example(self, example: Example, unit: str, left_of: QPoint, right_of: int = 0) -> None:
        """Show an example beside its thumbnail.

        Args:
            example: The picture and its receptive field.
            unit: Name of the unit that it belongs to.
            left_of: Global point whose left the preview takes.
            right_of: Global x whose right it takes where there is no room on the left.
        """
        self.view.show_tiles((whole_thumbnail(example),))
        self.message.setText(text.describe_example(example, unit))
        self.adjustSize()
        own = self.screen()
        screen = own.availableGeometry() if own else self.rect()
        x = left_of.x() - self.width() - theme.GAP
        if x < screen.left():
            x = min(right_of + theme.GAP, screen.right() - self.width())
        y = min(
            max(screen.top(), left_of.y() - self.height() // 2), screen.bottom() - self.height()
        )
        self.move(x, y)
        self.show()


class ExampleDialog(QDialog):
    """The picture in a window of its own.

    ``open_source`` is called with the picture's path when it is to be run.
    """

    def __init__(
        self,
        example: Example,
        unit: str,
        open_source: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("What {unit} fires on", unit=unit))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view = ThumbnailGrid(
            tr("The whole picture, the crop, and the backward pictures"), self
        )
        self.view.show_tiles((whole_thumbnail(example), *_other_thumbnails(example)))
        self.view.setMinimumSize(
            DIALOG_SIDE_PIXELS * len(self.view.tiles) * 2 // 3, DIALOG_SIDE_PIXELS
        )
        self.message = create_label(self, text=text.describe_example(example, unit))
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.run = require(
            buttons.addButton(tr("Look at this picture"), QDialogButtonBox.ButtonRole.ActionRole)
        )
        self.run.setToolTip(tr("Make this picture the source"))
        self.run.setEnabled(text.is_file(example))
        self.run.clicked.connect(lambda checked=False: open_source(example.where))
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.view, 1)
        column.addWidget(self.message)
        column.addWidget(buttons)

    def center_over(self, window: QWidget) -> None:
        """Move to the middle of ``window``, wholly on its screen."""
        self.adjustSize()
        screen = require(window.screen()).availableGeometry()
        box = QRect(QPoint(), self.size())
        box.moveCenter(window.mapToGlobal(window.rect().center()))
        box.moveRight(min(box.right(), screen.right()))
        box.moveBottom(min(box.bottom(), screen.bottom()))
        self.move(max(box.left(), screen.left()), max(box.top(), screen.top()))


def whole_thumbnail(example: Example) -> Thumbnail:
    """Return the whole picture with the receptive field framed."""
    return Thumbnail(text.example_pixels(example, "whole"), "whole", text.to_view_box(example))


def _other_thumbnails(example: Example) -> list[Thumbnail]:
    names = ("crop", *example.backs)
    return [Thumbnail(text.example_pixels(example, name), name) for name in names]
