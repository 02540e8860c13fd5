"""Ask whether code of the user's may run."""

from PyQt6.QtWidgets import QMessageBox, QWidget

from dnnvis.core.formatting import as_plain_text
from dnnvis.core.translation.catalog import tr


def ask_trust(parent: QWidget, sentence: str) -> bool:
    """Return whether the code that a sentence names may run."""
    question = as_plain_text(f"{sentence}\n\n{tr('Run it?')}")
    answer = QMessageBox.question(parent, tr("Run this code?"), question)
    return answer == QMessageBox.StandardButton.Yes
