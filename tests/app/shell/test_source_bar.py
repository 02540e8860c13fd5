from dataclasses import replace

from dnnvis.app.shell.source_bar import describe_position, describe_source
from dnnvis.session.state import SourceChoice, State


def test_a_source_is_described_by_its_name_and_never_by_a_password() -> None:
    def describe(**fields: object) -> str:
        return describe_source(replace(State(), source=SourceChoice(**fields)))  # type: ignore[arg-type]

    assert describe(kind="stream", path="rtsp://me:secret@cam/live") == "rtsp://cam/live"
    assert describe(kind="video", path="/films/a.mp4") == "a.mp4"
    assert describe(kind="camera", camera=2) == "camera 2"
    assert describe(kind="life") == "Game of Life"
    assert describe(kind="chess", path="8/8/8/3k4/8/8/8/R3K3") == "chess"
    assert (
        describe(kind="examples", path="/data/MNIST", numbers=(7,)) == "1 picked picture of MNIST"
    )
    assert describe(kind="examples", path="/MNIST", numbers=(1, 2)) == "2 picked pictures of MNIST"


def test_the_position_counts_from_one_to_the_number_of_all() -> None:
    assert describe_position("zebra.png", 11, 11 / 99) == "zebra.png 12 of 100"
    assert describe_position("zebra.png", 0, 0.0) == "zebra.png 1"
    assert describe_position("demo", None, 0.5) == "demo"
