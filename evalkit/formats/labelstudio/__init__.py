"""Label Studio: its JSON exports read, and tasks with their labelling configuration written."""
