"""The part of Kubernetes' own object metadata that we read."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from botapi.model import Model
from botapi.quantity import Timestamp, Whole


class ObjectMeta(Model):
    """Metadata of an object; what the API server alone fills in has a default."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    namespace: str = "default"
    uid: str = ""
    generation: Whole = 0
    """Counts the changes of the spec; 0 where no API server has seen the object."""
    resource_version: str = ""
    labels: Mapping[str, str] = Field(default_factory=dict)
    annotations: Mapping[str, str] = Field(default_factory=dict)
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None
    """Set once deletion has begun."""

    @model_serializer(mode="wrap")
    def _leave_out_the_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value}
