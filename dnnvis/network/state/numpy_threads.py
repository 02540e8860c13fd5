"""Keep NumPy's own threads out of the way of the window's."""

from threadpoolctl import ThreadpoolController


def use_one_numpy_thread() -> int:
    """Have NumPy multiply matrices on the calling thread alone, in this process.

    OpenBLAS otherwise splits products of a few thousand numbers over all cores and waits for its
    threads in a loop: beside an engine and a window that are at work it took half of a core to
    step an automaton of 64 x 64 cells 60 times a second (measured: 10 ms a step beside two busy
    processes, 1 ms on one thread). Torch's threads stay as they are.

    Returns:
        The number of libraries that were told so; 0 where NumPy multiplies with another one.
    """
    libraries = ThreadpoolController().select(internal_api="openblas")
    libraries.limit(limits=1)
    return len(libraries)
