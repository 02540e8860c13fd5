"""Write a checkpoint's case, and check whether dnnvis opens it to the same tensors.

python tests/savers/make_torch.py FOLDER
python tests/savers/cases.py FOLDER
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

NETWORKS = Path(__file__).with_name("networks.py")
LIST = "cases.json"
MAX_ANSWER_ERROR = 1e-5  # of the largest answer


@dataclass(frozen=True)
class Case:
    """A checkpoint, and what it must open to."""

    saver: str
    form: str
    #: Path of the checkpoint in the folder; ``FILE#part`` for one of several.
    file: str
    #: The factory in networks.py; "" where the file itself says what it is.
    network: str
    #: Path of the right tensors; "" where it must be refused.
    expected: str = ""
    #: What the sentence must name where it must be refused.
    refusal: str = ""
    #: What the notes must name.
    note: str = ""
    #: Side of the network's input in pixels; 0: as the file or the network says.
    size: int = 0
    #: Whether pictures and answers are expected, not weights.
    has_answers: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    case: Case
    is_right: bool
    text: str


class CaseFolder:
    """The folder into which one saver's checkpoints are written.

    Args:
        saver: The library and its version.
    """

    def __init__(self, saver: str) -> None:
        if len(sys.argv) != 2:
            raise SystemExit(f"Usage: python {sys.argv[0]} FOLDER")
        self.saver = saver
        self.path = Path(sys.argv[1])
        self.path.mkdir(parents=True, exist_ok=True)
        self._cases: list[Case] = []

    def add(
        self,
        form: str,
        file: str | Path,
        network: str,
        expected: Mapping[str, Tensor] | None = None,
        *,
        answers_of: nn.Module | None = None,
        **more: Any,
    ) -> None:
        """Add a case.

        Args:
            form: How the file was written.
            file: The file or folder, below the folder of the cases.
            network: The factory in networks.py.
            expected: The network's tensors after loading; None where the file must be refused.
            answers_of: The module whose answers it must give, where it is a network of other names.
            more: ``refusal``, ``note`` and ``size`` of the case.
        """
        name = ""
        if expected is not None:
            name = f"expected-{len(self._cases)}.safetensors"
            copies = {k: v.detach().clone().contiguous() for k, v in expected.items()}
            save_file(copies, self.path / name)
        if answers_of is not None:
            name = f"expected-{len(self._cases)}.safetensors"
            more["has_answers"] = True
            x = torch.randint(0, 256, (3, 3, 16, 16), generator=torch.Generator().manual_seed(0))
            with torch.no_grad():
                answers = answers_of(x / 255.0)
            save_file({"x": x.byte(), "answers": answers}, self.path / name)
        path = str(file).removeprefix(f"{self.path}/")
        self._cases.append(Case(self.saver, form, path, network, name, **more))
        list_file = self.path / LIST
        list_file.write_text(json.dumps([asdict(case) for case in self._cases], indent=1))


def check_folder(folder: Path) -> Iterator[Result]:
    """Open the checkpoints of a folder with dnnvis, and compare the tensors."""
    for fields in json.loads((folder / LIST).read_text()):
        case = Case(**fields)
        try:
            yield _check(case, folder)
        except Exception as error:
            yield _check_refusal(case, error)


def _check(case: Case, folder: Path) -> Result:
    import dnnvis

    path = folder / case.file
    if case.network:
        factory = f"{NETWORKS}:{case.network}"
        size = case.size or None
        network = dnnvis.open(factory, checkpoint=path, trust_code=True, size=size)
    else:
        network = dnnvis.open(path)
    if not case.expected:
        return Result(case, False, f"opened, but must be refused ({case.refusal})")
    expected = load_file(folder / case.expected)
    if case.has_answers:
        return _check_answers(case, network, expected)
    actual = network.module.state_dict()
    missing = [name for name in expected if name not in actual]
    if missing:
        return Result(case, False, f"without {', '.join(missing[:4])}")
    difference = max(_difference(actual[name], value) for name, value in expected.items())
    has_note = case.note in " ".join(network.notes)
    text = f"opened, max difference {difference:g}"
    return Result(
        case, difference == 0 and has_note, text if has_note else f"{text}; no note {case.note}"
    )


def _check_answers(case: Case, network: Any, expected: Mapping[str, Tensor]) -> Result:
    """Compare answers, which differ in their last bits where functions other than torch's run."""
    difference = 0.0
    for x, right in zip(expected["x"], expected["answers"], strict=True):
        answer = torch.from_numpy(network.record(x.permute(1, 2, 0).numpy()).output).flatten()
        difference = max(difference, _difference(answer, right) / float(right.abs().max()))
    is_right = difference < MAX_ANSWER_ERROR and case.note in " ".join(network.notes)
    return Result(case, is_right, f"opened, answers within {difference:.1g} of the largest")


def _difference(one: Tensor, other: Tensor) -> float:
    if one.shape != other.shape:
        return float("inf")
    if not one.numel():
        return 0.0
    return float((one.double() - other.double()).abs().max())


def _check_refusal(case: Case, error: Exception) -> Result:
    from dnnvis.core.errors import DnnvisError

    text = " ".join(str(error).split())
    is_ours = isinstance(error, DnnvisError)
    is_right = bool(case.refusal) and is_ours and case.refusal.lower() in text.lower()
    return Result(case, is_right, f"refused: {text}" if is_ours else f"{type(error)}: {text}")


def main() -> None:
    """Print a table of the cases in the folders that are named."""
    results = [result for name in sys.argv[1:] for result in check_folder(Path(name))]
    for result in results:
        mark = "ok   " if result.is_right else "WRONG"
        print(f"{mark} | {result.case.saver} | {result.case.form} | {result.text[:150]}")
    wrong = sum(not result.is_right for result in results)
    print(f"{len(results)} checkpoints, {wrong} wrong")
    sys.exit(wrong > 0)


def read_results(text: str) -> list[dict[str, Any]]:
    """Return the rows of a printed table."""
    rows = [line.split(" | ", 3) for line in text.splitlines() if line.count(" | ") >= 3]
    return [dict(zip(("mark", "saver", "form", "text"), row, strict=True)) for row in rows]


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
