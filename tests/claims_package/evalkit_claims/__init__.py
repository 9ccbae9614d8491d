"""Claims that can be checked, for evalkit."""
