"""Free ports: really free, and never among those the kernel gives to outgoing connections."""

import socket

import pytest

from devstack.ports import HOST, find_free_port, is_free, port_range


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_a_found_port_can_be_listened_on() -> None:
    port = find_free_port()
    with socket.socket() as listener:
        listener.bind((HOST, port))
        listener.listen()


def test_ports_to_avoid_are_avoided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devstack.ports.port_range", lambda: range(20000, 20040))
    avoid = set(range(20000, 20039))
    if is_free(20039):
        assert find_free_port(avoid) == 20039


@pytest.mark.parametrize("kernel", ["32768\t60999", "1024 60999", "15000 50000", "21500 65000"])
def test_the_kernels_own_ports_are_left_alone_when_there_is_room(kernel: str) -> None:
    first, last = (int(part) for part in kernel.split())
    assert not set(port_range(kernel)) & set(range(first, last + 1))


def test_a_kernel_that_may_use_all_ports_leaves_no_choice() -> None:
    assert len(port_range("1024 65535")) > 1000
