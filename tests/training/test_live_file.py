from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from dnnvis.training import live_file
from dnnvis.training.live_file import LiveFile, shown_module
from dnnvis.training.net1_task import Net1Setting, Net1Task
from dnnvis.training.net2_task import Net2Setting, Net2Task
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.net2 import net2


def digits(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 1, 28, 28), generator=generator, dtype=torch.uint8)
    return images, torch.arange(count) % 10


@pytest.fixture
def task() -> Net1Task:
    return Net1Task(digits(8), digits(4), Net1Setting(passes=1, batch=4))


def test_the_file_holds_the_weights_of_the_network_that_is_opened(
    tmp_path: Path, task: Net1Task
) -> None:
    live = LiveFile(tmp_path)
    task.train_step(0)
    assert live.write_due(task)
    written = load_file(live.path)
    expected = net1().state_dict()
    assert {name: value.shape for name, value in written.items()} == {
        name: value.shape for name, value in expected.items()
    }
    for name, value in task.module.state_dict().items():
        np.testing.assert_array_equal(written[name].numpy(), value.numpy())


def test_it_is_written_once_an_interval_and_costs_a_tenth_at_most(
    tmp_path: Path, task: Net1Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(live_file.time, "perf_counter", lambda: clock[0])
    live = LiveFile(tmp_path, 1.0)
    assert [live.write_due(task), live.write_due(task)] == [True, False]
    clock[0] = 1.0
    assert live.write_due(task)
    whole = live_file.write_whole

    def write_slowly(path: Path, content: bytes) -> None:
        clock[0] += 0.5
        whole(path, content)

    monkeypatch.setattr(live_file, "write_whole", write_slowly)
    clock[0] = 2.0
    assert live.write_due(task)
    clock[0] = 6.9  # it took half a second
    assert not live.write_due(task)
    clock[0] = 7.1
    assert live.write_due(task)


def test_net2_is_shown_without_its_batch_norms() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (4, 3, 32, 32), generator=generator, dtype=torch.uint8)
    data = images, torch.arange(4)
    task = Net2Task(data, data, Net2Setting(phases=((16, 1),), batch=4))
    shown = shown_module(task)
    assert list(shown.state_dict()) == list(net2().state_dict())
    x = torch.rand(2, 3, 32, 32, generator=generator)
    module: nn.Module = task.module.eval()
    with torch.inference_mode():
        torch.testing.assert_close(shown.eval()(x), module(x), rtol=1e-3, atol=1e-4)
