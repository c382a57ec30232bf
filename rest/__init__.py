"""The Connect REST API over a :class:`connect.herder.requests.Herder`, its description, and the operator page."""

from rest.app import create_app
from rest.settings import RestSettings

__all__ = ["RestSettings", "create_app"]
