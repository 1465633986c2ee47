"""Changes as a view of the calendar sees them, and states of the past."""
