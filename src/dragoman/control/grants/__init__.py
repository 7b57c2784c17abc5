"""What accounts let applications do: sign-in by OAuth 2.1 and OpenID Connect, the tokens that come of it, and their end."""
