"""The Lambda layers, packed from what `make layer` built. This file changes when a layer is added."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.parts import places

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.X86_64  # the wheels in the layers are compiled for it

MORE_MODELS = "/mnt/models"  # where Lambda shows a file system, should one with further embedding models be attached

NAMES = {
    "common": "The package shopwright and what every function needs.",
    "models": "The embedding model and its runtime.",
    "parsing": "Readers of merchants' files.",
    "payments": "The payment gateways' SDKs.",
    "receipts": "What writes a receipt as a PDF.",
    "vault": "What seals personal data.",
}


class Layers(Construct):
    """The layers by name. A folder that was not built stops synthesis and says how to build it."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self._layers = {layer: self._layer(layer, description) for layer, description in NAMES.items()}

    def _layer(self, name: str, description: str) -> lambda_.LayerVersion:
        folder = places.layers() / name
        if not (folder / "python").is_dir():
            raise FileNotFoundError(f"The layer {name} is not built: {folder / 'python'} is missing. Run `make layer`.")
        return lambda_.LayerVersion(
            self,
            name.capitalize(),
            description=description,
            code=lambda_.Code.from_asset(str(folder)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            removal_policy=RemovalPolicy.DESTROY,
        )

    def __getitem__(self, name: str) -> lambda_.LayerVersion:
        return self._layers[name]
