"""Files that may come from strangers: looked over before they take memory, open other files or run code."""
