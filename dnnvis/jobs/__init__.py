"""What runs beside the window? Child processes of the same command, JSON lines back."""
