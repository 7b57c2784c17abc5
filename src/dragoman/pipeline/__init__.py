"""The way of a request from question to answer, one module a step."""
