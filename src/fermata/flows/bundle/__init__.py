"""The incident bundle: one folder that holds everything an investigation saw, read, diagnosed and written."""
