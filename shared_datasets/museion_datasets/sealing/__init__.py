"""What lies in a storage: FLOE objects bound to their place, and the manifest that lists them."""
