"""What feeds and pages show: the source of calendars, and the records of them that readers see."""
