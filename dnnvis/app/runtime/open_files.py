"""What a file that is opened or dropped becomes: a source, or a network."""

from dataclasses import replace
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QInputDialog, QWidget

from dnnvis.app.runtime.backend import Toolbox
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import failure_of
from dnnvis.engine.plan import NetworkChoice

CHECKPOINTS = (".pt", ".pth", ".safetensors", ".ckpt", ".bin")
PICTURES_AND_FILMS = (
    "Pictures, films and boards (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi "
    "*.mov *.mkv *.webm *.m4v *.rle);;All files (*)"
)
BOARDS = "Boards (*.rle);;All files (*)"
WEIGHTS = "Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin);;Python files (*.py);;All files (*)"


def open_path(parent: QWidget, toolbox: Toolbox, path: str) -> None:
    """Open what lies at ``path``; a problem becomes a line in Problems."""
    try:
        place = Path(path)
        if not place.exists():
            raise BadInput(f"There is nothing at {path}.")
        if place.suffix.lower() == ".py":
            _open_code(parent, toolbox, path)
        elif place.suffix.lower() in CHECKPOINTS:
            toolbox.run(NetworkChoice(net=path))
        else:
            look_at(toolbox, path)
    except DnnvisError as why:
        toolbox.mailbox.post_each("problem", failure_of(why, path))


def look_at(toolbox: Toolbox, text: str) -> None:
    """Make ``text`` (a file, a folder, webcam:0, demo, life) the source; raises BadInput."""
    toolbox.look_at(replace(toolbox.kept(), **toolbox.catalog.choice_from_text(text)))


def ask_file(parent: QWidget) -> str:
    return QFileDialog.getOpenFileName(parent, "Open picture or film", "", PICTURES_AND_FILMS)[0]


def ask_board(parent: QWidget) -> str:
    return QFileDialog.getOpenFileName(parent, "Open a board", "", BOARDS)[0]


def ask_folder(parent: QWidget) -> str:
    return QFileDialog.getExistingDirectory(parent, "Open a folder of pictures")


def ask_weights(parent: QWidget) -> str:
    return QFileDialog.getOpenFileName(parent, "Open a checkpoint", "", WEIGHTS)[0]


def _open_code(parent: QWidget, toolbox: Toolbox, path: str) -> None:
    words = f"Which function of {Path(path).name} makes the network?"
    name, chosen = QInputDialog.getText(parent, "Open a network", words)
    if chosen and name.strip():
        toolbox.run(NetworkChoice(net=f"{path}:{name.strip()}"))
