"""Wrong settings become named system checks, before the start."""
