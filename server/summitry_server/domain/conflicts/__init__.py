"""Records that contradict each other or deserve a look."""
