"""The organisation: the axis of four levels, and the departments and offices beside it."""

from domain.organisation.events import UnitEstablished
from domain.organisation.organisation import AXIS, WORKPLACES, Level, Organisation, Unit

__all__ = ["AXIS", "WORKPLACES", "Level", "Organisation", "Unit", "UnitEstablished"]
