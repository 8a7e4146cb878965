"""How a version comes to be and is read: snapshots, drafts in the making, leftovers."""
