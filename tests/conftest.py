"""What every test stands on: one torch thread, no screen, a data folder of its own."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by torch when it is imported
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import functools
import importlib.util
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

#: Tests that take tens of seconds of a processor each: they run with the slow ones, not in every
#: run. Each form has another, quicker test that stays.
SLOW_TESTS = re.compile(
    r"test_train_life\.py::(test_ended_from_outside|test_the_adversarial_stage|test_a_run_beside)"
    r"|test_fit_map\.py::test_killed_and_gone_on_with"
    r"|test_backward_by_hand\.py.*(vgg11|inception)"
    r"|test_backward_rectifiers\.py.*(vgg11|vit_b_32|densenet121|inception|swin_t|convnext)"
    r"|test_recording_families\.py.*(vit_b_32|convnext_tiny|densenet121|inception_v3|vgg11)"
    r"|test_look\.py.*efficientnet_b0"
    r"|test_bit_flips_proposals\.py::test_a_trained_networks_units"
    r"|test_render\.py::test_two_ranks_give|test_scan_interruption\.py::test_two_processes"
    r"|imagination/test_runner\.py::test_two_ranks|test_window_training\.py::test_closing"
    r"|bench/test_(imagination|scan|live_map)\.py::test_(the_figures|every_figure)"
    r"|bench/synthesis/test_ascent\.py::test_the_quality_bench"
    r"|bench/zoo/test_run\.py::test_the_command_runs|zoo/test_child\.py.*lraspp"
    r"|bench/test_device\.py::test_a_row_that_fails|test_kills\.py::test_four_killed"
    r"|bench/test_open_network\.py::test_the_reader|bench/test_click\.py::test_a_click_is"
    r"|imagination/test_runner\.py::test_a_pool_of_two"
    r"|test_runner_reuse\.py::test_a_learning_record"
    r"|test_checkpoint_overwritten\.py::test_a_file_cut_short.*(moments|\.pt)"
    r"|cli/test_invert\.py::test_a_bar_runs|test_window_synthesis_x_server\.py"
    r"|tuning/test_measure\.py::test_the_angle.*-[23]\]|test_malloc\.py"
    r"|test_sweep_data\.py::test_a_stopped_sweep.*mean|editing/test_resume\.py.*(vit_b_32|swin_t)"
    r"|test_fit_dialog\.py::test_a_map_is_fitted|test_(recording_families|look)\.py.*swin_t"
    r"|inversion/test_lens\.py::test_(early_layers|more_variation.*mahendran)"
    r"|test_torchvision_nets\.py::test_(a_)?segmentation|test_occlusion\.py::test_it_points"
    r"|introspect/test_fit\.py::test_a_seed_is|test_bit_flips\.py::test_on_a_tiny.*[01]-at"
    r"|introspection/test_runner\.py::test_(every_step_has|the_report_names)"
    r"|test_torchvision_nets\.py.*ssdlite|test_learning\.py::test_the_record_is_mapped"
    r"|analysis/test_dissect\.py::test_ctrl_c"
    r"|bench/test_open_data\.py::test_the_command_measures|test_render\.py::test_asked_to_end.*2"
    r"|test_window_x_server\.py::test_every_panel.*net1-mnist|test_child_process\.py::test_the_real"
    r"|test_live_nca\.py::test_the_window_shows"
    r"|bench/window/test_playground|test_plane_task\.py::test_the_optimizers_go"
    r"|beyond/test_runner\.py::test_two_(processes|ranks)"
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of SLOW_TESTS as slow."""
    for item in items:
        if SLOW_TESTS.search(item.nodeid):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the user's library and settings."""
    folder = tmp_path_factory.mktemp("dnnvis-data")
    before = os.environ.get("DNNVIS_DATA")
    os.environ["DNNVIS_DATA"] = str(folder)
    yield folder
    if before is None:
        del os.environ["DNNVIS_DATA"]
    else:
        os.environ["DNNVIS_DATA"] = before


@pytest.fixture(autouse=True, scope="session")
def jobs_as_fast_as_tests() -> Iterator[None]:
    """A job of the window is not nice'd, or it waits for the tests of the other process.

    The one test of the priority sets it again.
    """
    from dnnvis.jobs import child_process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "NICE", 0)
        yield


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A test fails that leaves one of our threads, or one that would keep Python alive."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 3
    left = set(threading.enumerate()) - before
    for thread in left:
        if _ours(thread):
            thread.join(max(0.0, until - time.monotonic()))
    alive = [thread for thread in left if thread.is_alive() and _ours(thread)]
    assert not alive, "threads left behind:\n" + "\n".join(map(_describe_thread, alive))


def _describe_thread(thread: threading.Thread) -> str:
    """Return its name and where it is, or a failure on another machine says nothing."""
    frame = sys._current_frames().get(thread.ident or 0)
    return thread.name + "\n" + "".join(traceback.format_stack(frame) if frame else ())


def _ours(thread: threading.Thread) -> bool:
    return not thread.daemon or thread.name.startswith("dnnvis")


@pytest.fixture
def qtbot(qtbot: Any) -> Iterator[Any]:
    """pytest-qt's, which holds a widget weakly: one that only the test knew is garbage at its end.

    It is painted once more then, and a collection in the middle of that takes the paint engine away
    from under the painter. Here a widget lives until it was closed.
    """
    held: list[Any] = []
    add_widget = qtbot.addWidget

    def hold(widget: Any, **options: Any) -> None:
        held.append(widget)
        add_widget(widget, **options)

    qtbot.addWidget = hold
    yield qtbot
    held.clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with data and nets beside the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"there is no {SHARED} on this machine")
    return SHARED


@pytest.fixture(scope="session")
def golden() -> ModuleType:
    """The script that makes the golden files: its functions, and ``HERE``, where they lie."""
    place = Path(__file__).parent / "golden" / "make_golden.py"
    spec = importlib.util.spec_from_file_location("make_golden", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_golden"] = module
    sys.path.insert(0, str(place.parent))  # as it is where the script itself is run
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(place.parent))
    return module


@pytest.fixture(scope="session")
def golden_run(golden: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The commands of the golden files, run once more: what they said, and their files."""
    return golden.Run(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="session")
def noise() -> Callable[..., np.ndarray]:
    """noise(shape, seed) -> uint8 pixels, the same ones every time."""

    def make(*shape: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return make


@pytest.fixture
def info() -> Any:
    """What a small network says of itself: maps, a pool, a dense layer."""
    from dnnvis.core.messages import LayerInfo, NetworkInfo

    layers = (
        LayerInfo("block", "Sequential", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.conv", "Conv2d", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.pool", "MaxPool2d", (6, 4, 4), field=(4, 2, 0.5)),
        LayerInfo("dense", "Linear", (20, 1, 1)),
    )
    labels = ("cat", "dog", "ship")
    return NetworkInfo("toy", layers, labels, (8, 8), 3, "8 x 8 RGB, crop")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with 40 pictures, 3 of which cannot be read."""
    from helpers.image_folders import write_pictures

    folder = tmp_path / "pictures"
    files = write_pictures(folder, 40)
    files[5].write_bytes(b"no picture at all")
    files[6].write_bytes(b"")
    files[7].write_bytes(files[8].read_bytes()[:200])
    return folder


@pytest.fixture(scope="session")
def as_trained() -> Callable[..., Any]:
    """as_trained(module, seed) -> module with seeded weights of trained scale, eval mode.

    He-normal convolutions and dense layers keep the scale of activations, batch norms have
    statistics that are not 0 and 1: a rule that is wrong in one place shows at the input.
    """
    return _as_trained


@pytest.fixture(scope="session")
def family(as_trained: Callable[..., Any]) -> Callable[..., Any]:
    """family(name, **options) -> that torchvision network, 10 classes, ``as_trained``.

    Kept for the whole session: treat it as read-only.
    """
    return functools.lru_cache(maxsize=6)(_family)


def _family(name: str, **options: Any) -> Any:
    import torch
    from torchvision import models

    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": False}
    make = functools.partial(getattr(models, name), num_classes=10, **options)
    if not name.startswith(("alexnet", "vgg")):
        return _as_trained(make())
    with torch.device("meta"):  # saves a long random initialisation that is overwritten
        module = make()
    return _as_trained(module.to_empty(device="cpu"))


def _as_trained(module: Any, seed: int = 0) -> Any:
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)

    def normal(tensor: torch.Tensor, scale: float, middle: float = 0.0) -> None:
        tensor.normal_(middle, scale, generator=generator)

    with torch.no_grad():
        for part in module.modules():
            for name, weight in part.named_parameters(recurse=False):
                if isinstance(part, nn.modules.batchnorm._BatchNorm | nn.LayerNorm):
                    normal(weight, 0.1, 1.0 if name == "weight" else 0.0)
                elif name == "layer_scale":
                    normal(weight, 0.1, 0.5)
                elif weight.dim() > 1 and name.endswith("weight"):
                    normal(weight, (2 / weight[0].numel()) ** 0.5)
                else:
                    normal(weight, 0.05)
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                normal(part.running_mean, 0.1)
                part.running_var.uniform_(0.5, 1.5, generator=generator)
                part.num_batches_tracked.zero_()
    return module.eval()
