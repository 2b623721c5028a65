"""The other backbones of the comparison, each with one linear classifier on its pooled features and CP.

CP (F values) is concatenated to the features that the last linear layer sees: the 4096 of VGG16's second fully
connected layer, and the globally averaged maps of the others.

MONAI is imported by the function that needs it: the import takes seconds, and serving MM_ResNet does without.
"""

from __future__ import annotations

from torch import nn

from deeptepp.model.classifier import OneClassifier
from deeptepp.model.shake_shake import ShakeShakeFeatures
from deeptepp.model.vgg import VGG16Features


def vgg16(in_channels: int, n_clinical: int) -> OneClassifier:
    """Make VGG16.

    With 134,267,586 parameters for one channel without CP.
    """
    features = VGG16Features(in_channels)
    return OneClassifier("vgg16", features, features.length, in_channels=in_channels, n_clinical=n_clinical)


def shake_shake(in_channels: int, n_clinical: int, base_channels: int = 64) -> OneClassifier:
    """Make a Shake-Shake network of 26 layers.

    ``base_channels``: channels of the first stage; 64 is the network 26 2x64d. About as large as a ResNet18.
    """
    features = ShakeShakeFeatures(in_channels, base_channels)
    return OneClassifier(
        "shake_shake",
        features,
        features.length,
        in_channels=in_channels,
        n_clinical=n_clinical,
        base_channels=base_channels,
    )


def densenet169(in_channels: int, n_clinical: int) -> OneClassifier:
    """Make DenseNet169.

    With 12,481,538 parameters for one channel without CP.
    """
    from monai.networks.nets.densenet import DenseNet169

    trunk = DenseNet169(spatial_dims=2, in_channels=in_channels, out_channels=1)
    last: nn.Linear = trunk.class_layers[-1]  # type: ignore[assignment]  # a Sequential of any modules
    trunk.class_layers[-1] = nn.Identity()
    return OneClassifier("densenet169", trunk, last.in_features, in_channels=in_channels, n_clinical=n_clinical)


def se_resnext50(in_channels: int, n_clinical: int) -> OneClassifier:
    """Make SE-ResNeXt50 (32 x 4d).

    With 25,508,722 parameters for one channel without CP.
    """
    from monai.networks.nets.senet import SEResNext50

    trunk = SEResNext50(spatial_dims=2, in_channels=in_channels, num_classes=1)
    length = trunk.last_linear.in_features
    trunk.last_linear = nn.Identity()  # type: ignore[assignment]  # declared as the layer it was
    return OneClassifier("se_resnext50", trunk, length, in_channels=in_channels, n_clinical=n_clinical)
