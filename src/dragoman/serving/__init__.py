"""HTTP: the ASGI application, the protocol with its limits and deadlines, and what runs them."""
