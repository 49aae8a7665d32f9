"""The loop that every GAN plays, and what it knows about networks, players and batches."""
