"""Who holds a dataset's keys outside the hub: partners, and the recovery key in shares."""
