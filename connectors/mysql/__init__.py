"""The MySQL and MariaDB connectors: binary log and snapshot to change events. One code, two flavours."""
