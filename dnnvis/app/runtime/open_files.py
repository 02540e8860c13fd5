"""Open a file that was chosen or dropped as a source or as a network."""

import hashlib
import re
import zipfile
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QMimeData, QUrl
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.state_files import open_state
from dnnvis.core.address import (
    add_password,
    address_suffix,
    is_address,
    lacks_password,
    mask_address,
)
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.messages import Failure, describe_failure
from dnnvis.core.paths import pasted_folder
from dnnvis.core.stable_file import replace_file
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.boards.source_board import has_board
from dnnvis.session.recent import first_folder
from dnnvis.session.state_file import STATE_SUFFIX

NETWORK_WITH_MAP = "net2-cifar10"  # opened where the user wants to see an activation map
NETWORK_WITH_STEPS = "life-3"  # opened where the user wants to see one
CHECKPOINT_SUFFIXES = (
    *(".pt", ".pth", ".safetensors", ".ckpt", ".bin", ".pt2", ".onnx"),
    *(".h5", ".hdf5", ".keras", ".pth.tar", ".pt.tar", ".ckpt.tar", ".index.json"),
)
#: What weights are called in files that may as well hold pictures.
WEIGHT_NAMES = ("weight.npy", "bias.npy", "running_mean.npy", "kernel.npy")
#: What a folder that transformers, timm or accelerate saved holds.
FOLDER_WEIGHTS = (
    *("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"),
    *("pytorch_model.bin.index.json", ".metadata"),
)
STREAM_SUFFIXES = (".mjpg", ".mjpeg", ".m3u8")  # of addresses that may be dropped
_NAMED = re.compile(
    r"demo|(life|maze|chess|plane|canvas|webcam|camera|screen)(:.*)?", re.DOTALL
)  # sources without a file
MEDIA_FILTER = (
    "Pictures, films and boards (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi "
    "*.mov *.mkv *.webm *.m4v *.rle *.cells *.lif *.life *.mc);;All files (*)"
)
BOARD_FILTER = "Boards (*.rle *.cells *.lif *.life *.mc *.gz);;All files (*)"
LABELS_FILTER = "Text (*.txt);;All files (*)"
WEIGHTS_FILTER = (
    "Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin *.npz *.h5 *.hdf5 *.keras *.onnx *.pt2 "
    "*.pth.tar *.index.json);;Python files (*.py);;All files (*)"
)


def open_mime(parent: QWidget, backend: Backend, data: QMimeData) -> None:
    """Open what was dropped on the window or copied; a problem becomes a line in Problems.

    A file counts before pixels, these before the address where a browser found them, and that
    before text, which may be the name of a file or an address. Of several files the first counts.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source or the network.
        data: A file, a picture without one, an address, or text.
    """
    urls = data.urls()
    url = urls[0] if urls else QUrl()
    if len(urls) > 1:
        text = tr(
            "{count} things came at once; the first is opened. For all of them open their folder.",
            count=len(urls),
        )
        _report(backend, Failure(text, kind="Note"))
    if url.isLocalFile():
        open_path(parent, backend, url.toLocalFile())
        return
    image = QImage(data.imageData()) if data.hasImage() else QImage()
    text = data.text().strip().strip('"')
    if not image.isNull():
        _open_image(backend, image)
    elif not url.isEmpty():
        _open_address(backend, url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
    elif is_address(text):
        _open_address(backend, text)
    elif text and "\n" not in text and _exists(text):
        open_path(parent, backend, str(Path(text).expanduser()))
    else:
        sentence = tr(
            "There is no picture on the clipboard, no name of a file and no address; copy one "
            "first."
        )
        _report(backend, describe_failure(BadInput(sentence), "clipboard"))


def _exists(name: str) -> bool:
    try:
        return Path(name).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # a text that no file can be named
        return False


def _open_image(backend: Backend, image: QImage) -> None:
    choice_from_text = backend.services.choice_from_text
    backend.find_source(
        lambda: choice_from_text(str(_save_pasted(image))), tr("the pasted picture")
    )


def _open_address(backend: Backend, address: str) -> None:
    """Open a stream, or fetch a picture."""
    services, about = backend.services, mask_address(address)
    if not is_address(address):
        sentence = tr(
            "What was dropped is neither a file nor an address that can be opened: save the "
            "picture or film first, and drop the file."
        )
        _report(backend, describe_failure(BadInput(sentence), "drop"))
    elif _names_stream(address):
        open_source(backend, address)
    else:
        backend.find_source(
            lambda: services.choice_from_text(services.fetch_picture(address)), about
        )


def _report(backend: Backend, failure: Failure) -> None:
    backend.mailbox.post_each("problem", failure)


def _save_pasted(image: QImage) -> Path:
    """Save a picture that has no file, in the user's data folder, under a name of its pixels."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    digest = hashlib.sha256(bits.asstring(image.sizeInBytes()) if bits else b"").hexdigest()
    path = pasted_folder() / f"pasted {digest[:12]}.png"
    if path.exists():
        return path
    with replace_file(path) as temporary:
        if not image.save(str(temporary), "PNG"):
            raise BadInput(
                tr("The picture cannot be written to {path}. Is the folder writable?", path=path)
            )
    return path


def _names_stream(address: str) -> bool:
    is_page = address.lower().startswith("http") and address_suffix(address) not in STREAM_SUFFIXES
    return is_address(address) and not is_page


def choose_address(parent: QWidget) -> str:
    """Ask for the address of a camera; "" for none."""
    question = tr("Address of the camera's stream (rtsp://..., http://.../video.mjpg):")
    address, accepted = QInputDialog.getText(parent, tr("Camera at an address"), question)
    return address.strip() if accepted else ""


def _ask_password(parent: QWidget, address: str) -> str:
    """Return an address with the password that its user was asked for; it is never saved."""
    if not lacks_password(address):
        return address
    question = as_plain_text(tr("Password for {address} (it is not saved):", address=address))
    mode = QLineEdit.EchoMode.Password
    password, accepted = QInputDialog.getText(parent, tr("Camera at an address"), question, mode)
    return add_password(address, password) if accepted and password else address


def open_path(parent: QWidget, backend: Backend, path: str) -> None:
    """Open the file at a path; a problem becomes a line in Problems.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source or the network.
        path: Path of a picture, film, folder, checkpoint, Python file or state; or a stream's
            address.
    """
    file = Path(path)
    if is_address(path):
        open_source(backend, _ask_password(parent, path))
    elif path.lower().endswith(STATE_SUFFIX):
        open_state(backend, path)
    elif not path:
        _report(backend, describe_failure(BadInput(tr("An empty name stands for no file.")), path))
    elif file.suffix.lower() == ".py" and file.exists():
        _open_code(parent, backend, path)
    elif holds_weights(file):
        backend.run_weights(path)
    else:
        open_source(backend, path)


def holds_weights(path: Path) -> bool:
    """Return whether a file or a folder is one of weights, by its name and the names inside."""
    if path.is_dir():
        return any((path / name).is_file() for name in FOLDER_WEIGHTS)
    if path.suffix.lower() == ".npz":
        return _names_weights(path)
    return path.name.lower().endswith(CHECKPOINT_SUFFIXES) and path.exists()


def _names_weights(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(WEIGHT_NAMES) for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def open_source(backend: Backend, text: str) -> None:
    """Open ``text`` as the source: a file, a folder, webcam:0, an address, demo, life, maze, plane.

    Files are looked into on a thread of their own; a problem becomes a line in Problems.
    """
    choice_from_text = backend.services.choice_from_text
    if not is_address(text) and _NAMED.fullmatch(text) is None:
        backend.find_source(lambda: choice_from_text(text), text)
        return
    try:
        backend.open_source(replace(backend.current_source(), **choice_from_text(text)))
    except DnnvisError as error:
        about = mask_address(text) if is_address(text) else text
        _report(backend, describe_failure(error, about))


def choose_file(parent: QWidget, folder: str) -> str:
    """Ask for a picture or film, in a folder at first; "" for none."""
    return QFileDialog.getOpenFileName(
        parent, tr("Open picture or film"), first_folder(folder), tr(MEDIA_FILTER)
    )[0]


def choose_board_file(parent: QWidget, folder: str) -> str:
    """Ask for the file of a board, in a folder at first; "" for none."""
    return QFileDialog.getOpenFileName(
        parent, tr("Open a board"), first_folder(folder), tr(BOARD_FILTER)
    )[0]


def choose_folder(parent: QWidget, folder: str) -> str:
    """Ask for a folder of pictures, in a folder at first; "" for none."""
    return QFileDialog.getExistingDirectory(
        parent, tr("Open a folder of pictures"), first_folder(folder)
    )


def choose_weights_file(parent: QWidget, folder: str) -> str:
    """Ask for a checkpoint, in a folder at first; "" for none."""
    return QFileDialog.getOpenFileName(
        parent, tr("Open a checkpoint"), first_folder(folder), tr(WEIGHTS_FILTER)
    )[0]


def choose_weights_folder(parent: QWidget, folder: str) -> str:
    """Ask for a folder as transformers or timm save one, in a folder at first; "" for none."""
    return QFileDialog.getExistingDirectory(
        parent, tr("Open a folder of weights"), first_folder(folder)
    )


def choose_labels_file(parent: QWidget, folder: str) -> str:
    """Ask for a file of class names, in a folder at first; "" for none."""
    return QFileDialog.getOpenFileName(
        parent, tr("Class names"), first_folder(folder), tr(LABELS_FILTER)
    )[0]


def _open_code(parent: QWidget, backend: Backend, path: str) -> None:
    question = as_plain_text(
        tr("Which function of {name} makes the network?", name=Path(path).name)
    )
    name, accepted = QInputDialog.getText(parent, tr("Open a network"), question)
    if accepted and name.strip():
        backend.run(NetworkChoice(net=f"{path}:{name.strip()}"))


def open_example(backend: Backend) -> None:
    """Run a network that has steps, on a board that it can look at."""
    with backend.session.one_step(tr("open {name} on a board", name=NETWORK_WITH_STEPS)):
        open_source(backend, "life")
        backend.run(NetworkChoice(net=NETWORK_WITH_STEPS))


def open_map_example(backend: Backend) -> None:
    """Run a network whose activation map ships, on photographs where a board was the source."""
    with backend.session.one_step(tr("open {name}", name=NETWORK_WITH_MAP)):
        if has_board(backend.session.state.source):
            open_source(backend, "demo")
        backend.run(NetworkChoice(net=NETWORK_WITH_MAP))
