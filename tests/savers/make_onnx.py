"""Write networks in ONNX: ``python tests/savers/make_onnx.py FOLDER``.

Needs ``onnx==1.23.2``, ``onnxscript==0.7.2`` and ``onnx2fx==0.0.1``.
"""

import warnings

import onnx
import torch
from cases import CaseFolder
from networks import convs, mixed, small, trained


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"onnx {onnx.__version__}")
    x = torch.rand(1, 3, 16, 16)
    for name, factory in {"small": small, "convs": convs, "mixed": mixed}.items():
        module = trained(factory())
        path = cases.path / f"{name}.onnx"
        torch.onnx.export(module, (x,), path, external_data=False, dynamo=True, verbose=False)
        cases.add(f"torch.onnx.export, {name}", path, "", answers_of=module, note="ONNX")
    path = cases.path / "older.onnx"
    torch.onnx.export(trained(small()), (x,), path, dynamo=False, opset_version=13)
    cases.add("torch.onnx.export by TorchScript", path, "", answers_of=trained(small()))
    path = cases.path / "beside" / "small.onnx"
    path.parent.mkdir(exist_ok=True)
    torch.onnx.export(trained(small()), (x,), path, external_data=True, dynamo=True, verbose=False)
    cases.add("weights in a file beside it", path, "", answers_of=trained(small()))
    cases.add("as weights", path, "small", refusal="a network itself")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
