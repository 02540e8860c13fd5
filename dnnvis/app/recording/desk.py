"""What a user does with the last seconds and with recordings."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QFileDialog, QMainWindow, QWidget

from dnnvis.app.recording.panel_film import FilmOutcome, PanelFilm
from dnnvis.app.recording.ring_player import RingPlayer
from dnnvis.app.recording.text import describe_end
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.frame_recorder import RECORDING
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.widgets.file_dialogs import propose_path, report_saved, with_suffix
from dnnvis.app.widgets.image_files import join_name
from dnnvis.core.messages import Failure, Live, RecordingStatus
from dnnvis.core.paths import recordings_folder
from dnnvis.core.translation.catalog import tr

EXPORTED = "exported"  # key of what became of an export
FRAMES_FILTER = (
    "Film (*.mp4 *.mkv *.avi);;Animated picture (*.gif);;Arrays (*.npz);;Recording (*.dnnrec)"
)
FILM_FILTER = "Film (*.mp4 *.mkv *.avi);;Animated picture (*.gif)"
FRAMES_SUFFIXES = (".mp4", ".gif", ".npz", ".dnnrec", ".mkv", ".avi")
FILM_SUFFIXES = (".mp4", ".gif", ".mkv", ".avi")
RECORDING_SUFFIX = ".dnnrec"


class RecordingDesk(QObject):
    """Holds the player of the last seconds; begins and ends recordings, films and exports."""

    def __init__(self, backend: Backend, window: QMainWindow) -> None:
        super().__init__(window)
        self._backend, self._window = backend, window
        self._show_text: Callable[[str, Path | None], None] = lambda text, path: None
        session = backend.session
        self.player = RingPlayer(session, backend.recorder.ring, backend.engine.see, self)
        self._exports = LatestWorker("dnnvis-export", self._deliver, stay=False)
        self._film: PanelFilm | None = None
        #: What is done with values from other threads, by their key.
        self.deliveries: dict[str, Callable[[Any], None]] = {
            RECORDING: self._show_status,
            EXPORTED: self._show_outcome,
        }

    def report_to(self, show_text: Callable[[str, Path | None], None]) -> None:
        """Say from now on with ``show_text`` what became of a recording, and where it is."""
        self._show_text = show_text

    @property
    def is_recording(self) -> bool:
        """Return whether frames are recorded on disk."""
        return self._backend.recorder.is_on

    @property
    def is_filming(self) -> bool:
        """Return whether a panel is filmed."""
        return self._film is not None and self._film.is_running

    def toggle_recording(self) -> None:
        """Begin a recording in the folder of recordings, or end the one that runs."""
        if self.is_recording:
            self._backend.stop_recording()
            return
        info = self._backend.info
        when = time.strftime("%Y-%m-%d %H%M%S")
        name = join_name("" if info is None else info.name, when) + RECORDING_SUFFIX
        self._backend.start_recording(recordings_folder() / name)

    def save_last_seconds(self) -> None:
        """Ask for a file and write the last seconds into it: a film, arrays, or a recording."""
        lives = self._backend.recorder.ring.entries()
        path = self._ask("last-seconds", FRAMES_FILTER, FRAMES_SUFFIXES)
        if path is not None:
            self.export(lives, path)

    def export(self, lives: tuple[Live, ...], path: Path) -> None:
        """Write frames to a file on a thread of their own."""
        source = self._backend.session.state.source
        about = source.path.rstrip("/").rsplit("/", 1)[-1] or source.kind
        services = self._backend.services

        def write() -> FilmOutcome:
            return FilmOutcome(path, services.export_frames(lives, path, about), 0)

        self._exports.submit(EXPORTED, write)

    def toggle_film(self, widget: QWidget, name: str) -> None:
        """Ask for a file and film a panel for the next seconds, or end the film that runs."""
        if self._film is not None and self._film.is_running:
            self._film.stop()
            return
        path = self._ask(name, FILM_FILTER, FILM_SUFFIXES)
        if path is not None:
            self.film(widget, path)

    def film(self, widget: QWidget, path: Path) -> None:
        """Film a panel, or the window, for the next seconds."""
        write = self._backend.services.write_film
        self._film = PanelFilm(widget, path, write, partial(self._deliver, EXPORTED))
        self._show_text(tr("Filming {name}; the same entry ends it", name=path.name), None)

    def close(self) -> None:
        """End what runs; called while the window closes."""
        if self._film is not None:
            self._film.stop()
        self.player.leave()
        self._exports.close()

    def _ask(self, name: str, filters: str, suffixes: tuple[str, ...]) -> Path | None:
        proposal = str(propose_path(f"{name}{suffixes[0]}"))
        path, chosen = QFileDialog.getSaveFileName(self._window, tr("Save"), proposal, tr(filters))
        if not path or path.lower().endswith(suffixes):
            return Path(path) if path else None
        suffix = next((each for each in suffixes if f"*{each}" in chosen), suffixes[0])
        return with_suffix(self._window, path, suffix)

    def _deliver(self, key: str, value: Any) -> None:
        self._backend.mailbox.post(key, value)

    def _show_status(self, status: RecordingStatus) -> None:
        self._backend.note_recording(status)
        if status.ended:
            self._show_text(describe_end(status), Path(status.path))
        self.player.moved.emit()

    def _show_outcome(self, outcome: FilmOutcome | Failure) -> None:
        if isinstance(outcome, Failure):
            self._backend.mailbox.post_each("problem", outcome)
            self._show_text(outcome.sentence, None)
            return
        report_saved(self._window, outcome.path)
        if outcome.dropped:
            text = tr("{count:,} pictures of the film were left out", count=outcome.dropped)
            self._backend.mailbox.post_each("problem", Failure(text, kind="Note", about=EXPORTED))
