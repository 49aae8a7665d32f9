"""What is on disk and in memory: files that appear whole, and what untrusted files may contain."""
