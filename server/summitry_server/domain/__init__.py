"""The rules of the calendar; each room says whether it reads the store."""
