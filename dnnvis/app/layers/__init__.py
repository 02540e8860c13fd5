"""The layers and the mosaic of all units of one."""
