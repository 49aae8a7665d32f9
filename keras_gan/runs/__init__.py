"""Run folders: their configuration, and training that goes on where it stood."""
