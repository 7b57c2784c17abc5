"""Sign-in with the publisher's own accounts: OpenID Connect providers, and OAuth 2 ones with their addresses in the settings."""
