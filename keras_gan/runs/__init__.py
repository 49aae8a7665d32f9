"""Run folders: what they hold, how a run is trained, and how training is resumed."""
