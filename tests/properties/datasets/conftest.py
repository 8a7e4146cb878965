"""No deadline for an example: a busy machine is no finding."""

from hypothesis import settings

settings.register_profile("museion", deadline=None, max_examples=60)
settings.load_profile("museion")
