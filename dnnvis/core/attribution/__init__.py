"""What is known of an attribution picture."""
