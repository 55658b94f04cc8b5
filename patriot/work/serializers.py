"""What an answer says of the jobs that were begun."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StartedJobSerializer(serializers.Serializer[Any]):
    """A job to follow."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:job", lookup_url_kwarg="pk")
    kind = serializers.CharField()
