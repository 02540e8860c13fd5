import numpy as np  # noqa: F401 - brings its library with it
import pytest
import torch
from threadpoolctl import ThreadpoolController, threadpool_limits

from dnnvis.network.state.numpy_threads import use_one_numpy_thread


def test_numpy_multiplies_on_one_thread_and_torch_as_before() -> None:
    libraries = ThreadpoolController().select(internal_api="openblas")
    if not len(libraries):
        pytest.skip("NumPy multiplies with another library than OpenBLAS here")
    with threadpool_limits():  # gives back what was set
        libraries.limit(limits=2)
        before = torch.get_num_threads()
        assert use_one_numpy_thread() == len(libraries)
        after = ThreadpoolController().select(internal_api="openblas").info()
        assert {library["num_threads"] for library in after} == {1}
        assert torch.get_num_threads() == before
