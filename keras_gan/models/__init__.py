"""The kinds of GANs. Each is a class that says which networks play, and by which rules."""
