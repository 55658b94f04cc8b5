"""What the public pages show, as values: computed once from stored rows, escaped by templates."""
