"""What makes sound rather than changes it: notes rendered on a worker, mixed at their sample."""
