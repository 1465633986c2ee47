"""The rooms that serve HTTP: feeds for calendar apps, and pages for people."""
