"""Where people are, and when they can meet."""
