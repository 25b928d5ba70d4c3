"""An HTTP/2 server on the h2 library that hosts applications over MSGI/process."""
