"""The kinds of GANs: each a class that says which networks play, and by which rules."""
