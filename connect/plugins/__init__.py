"""Plugins: connectors, converters, transforms, predicates and config providers, found by entry points and loaded when used."""

from connect.plugins.converters import make_converters
from connect.plugins.discovery import KINDS, Kind, Plugin, Registry, registry
from connect.plugins.planning import plugin_config, run_alter_offsets, run_list_plugins, run_task_configs
from connect.plugins.resolving import LoadedWorker, load_worker, resolver_for
from connect.plugins.validation import run_validation, sensitive_definition

__all__ = [
    "KINDS", "Kind", "LoadedWorker", "Plugin", "Registry", "load_worker", "make_converters", "plugin_config", "registry",
    "resolver_for", "run_alter_offsets", "run_list_plugins", "run_task_configs", "run_validation", "sensitive_definition",
]
