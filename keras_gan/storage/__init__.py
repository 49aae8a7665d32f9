"""Storage writes files that appear whole or not at all, and checks what untrusted files contain."""
