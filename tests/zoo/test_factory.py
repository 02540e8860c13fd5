"""The user's own code: asked first, then run, and its failures put in words."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput, NotTrusted, UnknownNetwork
from dnnvis.core.paths import is_factory
from dnnvis.zoo.factory import build_module

GOOD = """
from pathlib import Path
from dataclasses import dataclass
import torch
from torch import nn
import sister_of_net

Path(__file__).with_name("it-ran").touch()

@dataclass
class Sizes:
    inside: int = 4

class Nets:
    @staticmethod
    def small():
        return nn.Linear(3, Sizes().inside)

def number():
    return 3

def sized(n):
    return nn.Linear(n, n)

def broken():
    raise ValueError("no such width")

ready = nn.Linear(2, 2)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "sister_of_net.py").write_text("width = 3\n")
    path = tmp_path / "my net.py"
    path.write_text(GOOD)
    return path


def test_files_and_modules_are_told_from_names() -> None:
    assert all(map(is_factory, ["a.py:f", "/x/a b.py:f", r"C:\x\a.py:f", "pkg.mod:f", "m:A.f"]))
    assert not any(map(is_factory, ["resnet18", "a.py", "weights.pt", "a b:f", "x/y:f", ":f"]))


def test_a_trusted_file_gives_its_network(file: Path) -> None:
    before = list(sys.path)
    module = build_module(f"{file}:Nets.small", trust_code=True)
    assert isinstance(module, nn.Linear)
    assert module.out_features == 4
    assert sys.path == before


def test_the_same_file_gives_the_same_weights_and_leaves_random_numbers_alone(file: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two = (build_module(f"{file}:Nets.small", trust_code=True) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one.get_parameter("weight"), two.get_parameter("weight"))


def test_nothing_runs_before_it_is_trusted(file: Path) -> None:
    with pytest.raises(NotTrusted, match=r"my net\.py\. If you trust it.*--trust-code"):
        build_module(f"{file}:Nets.small", trust_code=False)
    assert not (file.parent / "it-ran").exists()
    with pytest.raises(NotTrusted, match=r"the Python module some\.package"):
        build_module("some.package:net", trust_code=False)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise RuntimeError('no luck today')", "RuntimeError: no luck today"),
        ("def net(:", "SyntaxError"),
        ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise type('Own', (BaseException,), {})('mine')", "Own: mine"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_file_that_fails_is_a_sentence(code: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(code)
    loaded = set(sys.modules)
    with pytest.raises(BadInput, match=rf"bad\.py failed while it was loaded.*{words}"):
        build_module(f"{path}:net", trust_code=True)
    assert not [name for name in set(sys.modules) - loaded if name.startswith("dnnvis_user")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", "gave a int, not a torch.nn.Module"),
        ("sized", "failed: TypeError: .*missing 1 required"),
        ("broken", "failed: ValueError: no such width"),
        ("ready", "is a Linear; it must be a function or class"),
        ("Path", "failed: |gave a PosixPath"),
        ("__name__", "is a str; it must be"),
    ],
)
def test_a_factory_that_gives_no_network_is_a_sentence(name: str, words: str, file: Path) -> None:
    with pytest.raises(BadInput, match=words):
        build_module(f"{file}:{name}", trust_code=True)


def test_missing_files_modules_and_factories_are_named(file: Path) -> None:
    with pytest.raises(UnknownNetwork, match=r"no Python file .*none\.py"):
        build_module("none.py:net", trust_code=False)
    with pytest.raises(UnknownNetwork, match="no Python module not_there_at_all"):
        build_module("not_there_at_all.part:net", trust_code=True)
    with pytest.raises(UnknownNetwork, match="has no 'brokn'; did you mean broken"):
        build_module(f"{file}:brokn", trust_code=True)


def test_an_importable_module_gives_its_network() -> None:
    assert isinstance(build_module("dnnvis.zoo.net1:net1", trust_code=True), nn.Sequential)


def test_a_module_in_the_working_folder_is_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "mine_in_cwd.py").write_text("from torch.nn import Identity as net")
    monkeypatch.chdir(file.parent)
    assert isinstance(build_module("mine_in_cwd:net", trust_code=True), nn.Identity)


def test_a_failure_names_the_line_of_the_users_file(file: Path) -> None:
    number = next(k for k, line in enumerate(GOOD.splitlines(), 1) if "no such width" in line)
    with pytest.raises(BadInput, match=rf"no such width \(.*my net\.py, line {number}\)\.$"):
        build_module(f"{file}:broken", trust_code=True)


def test_a_factory_with_arguments_is_told_to_fill_them_in(file: Path) -> None:
    with pytest.raises(BadInput, match="write a function without arguments that fills them in"):
        build_module(f"{file}:sized", trust_code=True)


PROGRAMS = """
import torch
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).eval()

def exported():
    return torch.export.export(net(), (torch.rand(1, 3, 8, 8),))

def compiled():
    return torch.compile(net(), backend="eager")

def compiled_part():
    module = net()
    module[0] = torch.compile(module[0], backend="eager")
    return module

def scripted():
    return torch.jit.script(net())
"""


@pytest.mark.parametrize("name", ["net", "exported", "compiled", "compiled_part"])
def test_programs_come_with_the_names_of_the_plain_weights(name: str, tmp_path: Path) -> None:
    path = tmp_path / "programs.py"
    path.write_text(PROGRAMS)
    module = build_module(f"{path}:{name}", trust_code=True)
    assert set(module.state_dict()) == {"0.weight", "0.bias"}


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
def test_torchscript_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "programs.py"
    path.write_text(PROGRAMS)
    with pytest.raises(BadInput, match="TorchScript"):
        build_module(f"{path}:scripted", trust_code=True)
