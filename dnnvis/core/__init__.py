"""What is it? The nouns every other room speaks of."""
