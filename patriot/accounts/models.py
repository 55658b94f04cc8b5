"""Who signs in: staff, and later clients."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with an account; roles are Django groups."""
