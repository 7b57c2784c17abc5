"""Old versions of a schema, as clients that were written for them ask over HTTP."""
