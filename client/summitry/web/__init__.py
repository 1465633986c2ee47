"""What is served over HTTP: feeds for calendar apps and pages for people."""
