"""CoNLL-U, CoNLL-U Plus and CorefUD: a word a line, with names in its last column or in columns of their own."""
