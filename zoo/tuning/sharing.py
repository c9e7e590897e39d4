"""Several processes that share one search: keras-tuner's own variables, read and checked."""

import dataclasses
import os
from collections.abc import Mapping

import grpc

from zoo.errors import InputError

ADDRESS, PORT, NAME = "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID"
# Seconds that a worker waits for the chief, which may have a data set to prepare.
PATIENCE = 600.0


@dataclasses.dataclass(frozen=True)
class Role:
    """What this process does in a search.

    Attributes:
        name: of the process among those that share the search.
        address: HOST:PORT of the chief; None where the process searches alone.
    """

    name: str = "tuner0"
    address: str | None = None

    @property
    def is_chief(self) -> bool:
        """Whether it hands out the trials, and runs none."""
        # As keras-tuner tells them apart.
        return self.address is not None and "chief" in self.name

    @property
    def is_worker(self) -> bool:
        """Whether it asks a chief for trials."""
        return self.address is not None and "chief" not in self.name


def find_role(environment: Mapping[str, str] = os.environ) -> Role:
    """The role that keras-tuner's variables give this process.

    Raises:
        InputError: an address without port or name, or a port that is none.
    """
    if ADDRESS not in environment:
        return Role()
    for variable, what in ((PORT, "the chief's port"), (NAME, "a name: chief, or a worker's own")):
        if not environment.get(variable):
            raise InputError(f"With {ADDRESS} goes {variable}, {what}. Received: none.")
    port = environment[PORT]
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise InputError(f"{PORT} must be a whole number from 1 to 65535. Received: {port!r}.")
    return Role(environment[NAME], f"{environment[ADDRESS]}:{port}")


def wait_for_chief(role: Role, patience: float = PATIENCE) -> None:
    """Waits until the chief answers.

    Raises:
        InputError: it does not within `patience` seconds.
    """
    with grpc.insecure_channel(role.address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=patience)
        except grpc.FutureTimeoutError as error:
            raise InputError(
                f"No chief answers at {role.address} for {patience:g} seconds; start the same "
                f"command with {NAME}=chief."
            ) from error
