"""What the manual is made of besides the pages of docs/; mkdocs calls it (`docs/manual_hook.py`)."""
