"""What switching units off does to the answer."""
