"""Read weights out of files of any kind, without running anything that is in them."""
