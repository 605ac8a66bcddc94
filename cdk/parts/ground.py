"""What every capability stands on, handed to each as one thing."""

from dataclasses import dataclass

from cdk.parts.alarms import Alarms
from cdk.parts.layers import Layers
from cdk.stacks.data import Data
from cdk.stacks.network import Network
from cdk.stages import Stage


@dataclass(frozen=True, slots=True)
class Ground:
    """The stage's size, the two stacks that outlive the service, the layers, and whom to wake."""

    stage: Stage
    network: Network
    data: Data
    layers: Layers
    alarms: Alarms
