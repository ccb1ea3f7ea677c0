"""The Dutch wire: one hash in, `true` or `false` out."""
