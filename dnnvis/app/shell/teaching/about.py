"""Say what the program is, who may use it, and what it runs on."""

import platform

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt
from PyQt6.QtWidgets import QMessageBox, QWidget

from dnnvis import __version__
from dnnvis.core.translation.catalog import tr

TEXT = (
    "dnnvis {version}\n"
    "See what a neural network sees, means and imagines while it runs.\n\n"
    "It may be used, changed and passed on under the MIT license. What it shows of a network "
    "follows published methods; the glossary and the guide name the paper of each. Nothing that "
    "you open is sent anywhere.\n\n"
    "Python {python}, Qt {qt}, PyQt {pyqt}, {system}"
)


def describe_program() -> str:
    """Return version, license, and what the program runs on."""
    return tr(
        TEXT,
        version=__version__,
        python=platform.python_version(),
        qt=QT_VERSION_STR,
        pyqt=PYQT_VERSION_STR,
        system=platform.platform(terse=True),
    )


def build_about(parent: QWidget) -> QMessageBox:
    """Build the box that says what the program is; its text can be copied."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("About dnnvis"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(describe_program())
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box
