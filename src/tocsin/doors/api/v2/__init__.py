"""Our own wire: batches, files and reports as JSON, described by OpenAPI."""
