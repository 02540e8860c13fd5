"""Windows that probe the selected unit: changed pictures, tuning curves."""
