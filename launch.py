"""``uv run launch.py``: the same program as ``python -m dnnvis``."""

from dnnvis.__main__ import main

if __name__ == "__main__":
    main()
