"""Times of records: resolution, spans of days and hours, and changes of law."""
