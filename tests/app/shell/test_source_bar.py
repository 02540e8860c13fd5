from dataclasses import replace

from dnnvis.app.shell.source_bar import describe_source
from dnnvis.session.state import SourceChoice, State


def test_a_source_is_described_by_its_name_and_never_by_a_password() -> None:
    def describe(**fields: object) -> str:
        return describe_source(replace(State(), source=SourceChoice(**fields)))  # type: ignore[arg-type]

    assert describe(kind="stream", path="rtsp://me:secret@cam/live") == "rtsp://cam/live"
    assert describe(kind="video", path="/films/a.mp4") == "a.mp4"
    assert describe(kind="camera", camera=2) == "camera 2"
    assert describe(kind="life") == "Game of Life"
