"""What clients send in the body of a request, by the names that reports know it under."""

from patriot.lib.bodies import (
    MAX_UNKNOWN,
    Body,
    OneOfField,
    TextField,
    WholeNumberField,
    YesOrNoField,
)

__all__ = ["MAX_UNKNOWN", "Body", "OneOfField", "TextField", "WholeNumberField", "YesOrNoField"]
