"""Extractors: uint8 images in, features (and logits) out."""
