"""Sign-in by an institution: from an OpenID provider's claims to a person and their workgroups."""
