"""A producer of our own for what the hot path needs: idempotent, acknowledged by all, batches straight from native code.

One path of the data: records → :mod:`connect.kafka.core.accumulator` (batches) → ``queues`` (sequence numbers and retries of
a partition, pure) → ``sender`` (a thread: which broker gets what, when) → ``connection`` (a socket) → the broker, and back.
``protocol`` and ``batches`` are the bytes, ``outcomes`` what the broker's error codes mean; neither does any I/O.

It speaks to brokers from 2.1 on over plain connections. TLS, SASL and settings that it does not have are librdkafka's affair
(see :func:`connect.kafka.produce.settings.unsupported`).
"""
