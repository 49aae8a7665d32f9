"""Run folders: what they hold, how they are trained and gone on with."""
