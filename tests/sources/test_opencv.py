import os
import subprocess
import sys

CODE = """
import os, sys
import dnnvis.sources.catalog
early = {"cv2", "av", "PIL", "skimage", "torch", "PyQt6"} & set(sys.modules)
assert not early, "imported too early"
from dnnvis.sources.opencv import opencv
cv2 = opencv()
print(os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"), os.environ.get("QT_QPA_FONTDIR"))
print(cv2.getNumThreads())
"""


def said(**variables: str) -> list[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QT_QPA_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=kept | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_opencv_leaves_no_qt_of_its_own_in_the_environment_and_the_room_imports_it_lazily() -> None:
    assert said() == ["None", "None", "1"]


def test_the_users_own_font_folder_is_kept() -> None:
    assert said(QT_QPA_FONTDIR="/my/fonts") == ["None", "/my/fonts", "1"]
