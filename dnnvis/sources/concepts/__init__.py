"""Pictures in which concepts are marked: what a dissection compares units with."""
