"""Back up, prove, export, prune and restore: one backup is one folder with a manifest."""
