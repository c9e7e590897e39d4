"""zoo/tuning/sharing.py: the variables of keras-tuner, read and checked."""

import socket

import pytest

import zoo
from zoo.tuning.sharing import Role, find_role, wait_for_chief

SHARED = {
    "KERASTUNER_ORACLE_IP": "127.0.0.1",
    "KERASTUNER_ORACLE_PORT": "8000",
    "KERASTUNER_TUNER_ID": "tuner1",
}


@pytest.mark.parametrize(
    "variables, is_chief, is_worker",
    [
        # Alone without an address.
        ({"KERASTUNER_TUNER_ID": "chief"}, False, False),
        (SHARED, False, True),
        ({**SHARED, "KERASTUNER_TUNER_ID": "chief"}, True, False),
    ],
)
def test_the_name_tells_chief_from_worker(variables, is_chief, is_worker):
    role = find_role(variables)
    assert (role.is_chief, role.is_worker) == (is_chief, is_worker)
    assert variables is not SHARED or role == Role("tuner1", "127.0.0.1:8000")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"KERASTUNER_ORACLE_PORT": ""}, "goes KERASTUNER_ORACLE_PORT"),
        ({"KERASTUNER_TUNER_ID": ""}, "goes KERASTUNER_TUNER_ID"),
        ({"KERASTUNER_ORACLE_PORT": "http"}, "from 1 to 65535. Received: 'http'"),
        ({"KERASTUNER_ORACLE_PORT": "0"}, "from 1 to 65535"),
        ({"KERASTUNER_ORACLE_PORT": "65536"}, "from 1 to 65535"),
    ],
)
def test_half_an_address_is_refused(change, words):
    with pytest.raises(zoo.InputError, match=words):
        find_role({**SHARED, **change})


def test_a_chief_that_is_not_there_is_not_waited_for_for_ever():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        role = Role("tuner1", f"127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(zoo.InputError, match="No chief answers"):
            wait_for_chief(role, patience=0.2)
