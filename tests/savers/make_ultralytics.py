"""Write checkpoints of ultralytics: ``python tests/savers/make_ultralytics.py FOLDER``.

Needs ``ultralytics==8.4.190``.
"""

import copy
from datetime import datetime

import torch
import ultralytics
from cases import CaseFolder
from networks import trained, yolo_classifier, yolo_detector
from ultralytics import YOLO


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"ultralytics {ultralytics.__version__}")
    module = trained(yolo_classifier())
    state = module.state_dict()
    torch.save(state, cases.path / "state.pt")
    cases.add("state_dict", "state.pt", "yolo_classifier", state)
    # as ultralytics.engine.trainer.BaseTrainer.save_model puts it together
    half = copy.deepcopy(module).half()
    checkpoint = {
        "epoch": 3,
        "best_fitness": 0.5,
        "model": None,
        "ema": half,
        "updates": 7,
        "optimizer": None,
        "train_args": {"lr0": 0.01},
        "date": datetime.now().isoformat(),
        "version": ultralytics.__version__,
    }
    torch.save(checkpoint, cases.path / "best.pt")
    expected = {key: value.to(state[key].dtype) for key, value in half.state_dict().items()}
    cases.add("the trainer's, with ema", "best.pt", "yolo_classifier", expected, note="module")
    model = YOLO("yolo11n-cls.yaml", verbose=False)
    model.model = copy.deepcopy(module)
    model.ckpt = {}
    model.save(cases.path / "saved.pt")
    cases.add("YOLO.save", "saved.pt", "yolo_classifier", expected, note="module")
    detector = trained(yolo_detector())
    torch.save({"model": detector, "ema": None}, cases.path / "detector.pt")
    cases.add("a detector", "detector.pt", "yolo_detector", detector.state_dict(), note="module")


if __name__ == "__main__":
    main()
