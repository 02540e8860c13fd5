"""What does a layer still know of the picture? From its code back to an image."""
