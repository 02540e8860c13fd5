"""What runs behind the window: sources, engine and jobs, and their messages."""
