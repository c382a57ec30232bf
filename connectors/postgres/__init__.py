"""The PostgreSQL connector: logical replication by pgoutput, snapshot by COPY.

Pure (no I/O): lsn relations facts config offsets types/ pgoutput decoder batch core/. At the rim: everything else.
"""
