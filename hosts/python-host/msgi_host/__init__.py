"""A host of MSGI/process for applications in Python."""
