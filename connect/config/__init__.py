"""Configuration of worker and connectors: definitions, properties files, providers, the validation report.

Nothing here loads plugins; what needs them is in :mod:`connect.plugins`.
"""

__all__: list[str] = []
