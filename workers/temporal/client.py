"""Connects to Temporal by the names that its own tools use: TEMPORAL_ADDRESS, TEMPORAL_TLS and so on."""

from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from engine.errors import SettingsInvalid
from engine.settings import Settings
from workers.temporal.messages import DUE, RUNG, UNIT

_KINDS = {
    UNIT.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    RUNG.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    DUE.name: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def connect(settings: Settings, *, lazy: bool = False, runtime: Runtime | None = None) -> Client:
    """Connect with the data converter that every part of ours uses.

    Args:
        settings: Name the server and the namespace.
        lazy: Connect at the first call, so that a server that is down now does not matter.
        runtime: Carries telemetry; None takes the process's own.

    Raises:
        SettingsInvalid: settings_invalid, without an address.
        RuntimeError: The SDK's, when the server can't be reached (never if lazy).
    """
    if settings.temporal_address is None:
        raise SettingsInvalid("TEMPORAL_ADDRESS is not set.")
    config: dict[str, Any] = {**ClientConfig.load_client_connect_config()}
    config.update(target_host=settings.temporal_address, namespace=settings.temporal_namespace)
    return await Client.connect(**config, data_converter=pydantic_data_converter, lazy=lazy, runtime=runtime)


async def prepare(client: Client) -> None:
    """Make the search attributes known to the server; without them every run would stand still at once.

    Raises:
        RPCError: The SDK's, when the server is down or doesn't let us.
    """
    service = client.operator_service
    known = await service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    missing = {name: kind for name, kind in _KINDS.items() if name not in known.custom_attributes}
    if not missing:
        return
    try:
        await service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # another process was faster
            raise
