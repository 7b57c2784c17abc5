"""What operators announce: a page, a feed, a banner and letters (D9)."""
