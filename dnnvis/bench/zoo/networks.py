"""List the networks of the zoo: the smallest of each family, with random weights.

Sizes are the smallest of 128 pixels and the network's own that its code takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from torch import nn

from dnnvis.bench.zoo import own_networks
from dnnvis.core.errors import BadInput

#: Size in pixels, whether the network must be told, and the networks of timm.
TIMM: tuple[tuple[int, bool, str], ...] = (
    (
        106,
        False,
        """
        tinynet_e
    """,
    ),
    (
        128,
        False,
        """
        convmixer_768_32 convnext_zepto_rms cpubone_nano crossvit_tiny_240 cs3darknet_focus_s
        csatv2 cspnext_tiny davit_tiny densenet121 dla46x_c dpn48b edgenext_xx_small
        efficientvim_m1 efficientvit_b0 efficientvit_m0 ese_vovnet19b_slim_dw fasternet_t0
        fastvit_t8 fbnetv3_b focalnet_tiny_srf ghostnet_050 hardcorenas_b hgnetv2_b0
        hrnet_w18_small iformer_t inception_next_atto inception_resnet_v2 inception_v3
        inception_v4 lcnet_035 lcnetv2_small legacy_seresnet18 legacy_xception lowformer_b0
        mambaout_femto mixnet_s mnasnet_small mobilenet_edgetpu_100 mobilenetv2_035
        mobilenetv3_small_050 mobileone_s1 mobilevit_xxs mobilevitv2_050 mvitv2_tiny
        nextvit_small nf_regnet_b0 poolformerv2_s12 pvt_v2_b0 rdnet_tiny regnetx_002 regnety_002
        regnetz_005 repghostnet_050 repvit_m1 res2next50 resnest14d resnet10t resnetv2_18
        rexnet_100 sam2_hiera_tiny selecsls42 semnasnet_050 sequencer2d_s shvit_s1 skresnet18
        spnasnet_100 starnet_s050 swiftformer_xs tiny_vit_5m_224 tresnet_m twins_svt_small
        vit_tiny_patch16_dinov3_qkvb xception41p xcit_nano_12_p8_224
    """,
    ),
    (
        128,
        True,
        """
        cait_xxs24_224 coat_tiny convit_tiny deit_tiny_patch16_224 efficientformerv2_s0
        eva02_tiny_patch14_224 gcvit_xxtiny gmlp_ti16_224 hiera_tiny_224 levit_128s
        maxvit_pico_rw_256 nest_tiny pit_ti_224 swin_tiny_patch4_window7_224 swinv2_cr_tiny_224
        swinv2_tiny_window16_256 tnt_s_legacy_patch16_224 visformer_tiny
        vit_srelpos_small_patch16_224 vit_tiny_patch16_224 vit_tiny_r_s16_p8_224
        vitamin_small_224 volo_d1_224
    """,
    ),
    (
        224,
        False,
        """
        efficientformer_l1
    """,
    ),
    (
        256,
        False,
        """
        halonet_h1
    """,
    ),
)

TINY_VIT: dict[str, Any] = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 96,
    "image_size": 64,
    "patch_size": 8,
}
TINY_DINO = {name: value for name, value in TINY_VIT.items() if name != "intermediate_size"} | {
    "image_size": 56,
    "patch_size": 7,
}
TINY_SWIN: dict[str, Any] = {
    "image_size": 64,
    "patch_size": 4,
    "embed_dim": 24,
    "depths": [2, 2],
    "num_heads": [2, 4],
    "window_size": 4,
}
TINY_CONVNEXT = {"hidden_sizes": [12, 24, 36, 48], "depths": [1, 1, 1, 1]}
#: Model of transformers -> its configuration's class, and that configuration's arguments.
TRANSFORMERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ViTModel": ("ViTConfig", TINY_VIT),
    "BeitModel": ("BeitConfig", TINY_VIT),
    "Dinov2Model": ("Dinov2Config", TINY_DINO),
    "Dinov2WithRegistersModel": (
        "Dinov2WithRegistersConfig",
        TINY_DINO | {"num_register_tokens": 4},
    ),
    "DINOv3ViTModel": ("DINOv3ViTConfig", TINY_VIT | {"num_register_tokens": 4}),
    "CLIPVisionModel": ("CLIPVisionConfig", TINY_VIT),
    "SiglipVisionModel": ("SiglipVisionConfig", TINY_VIT),
    "ViTMAEModel": ("ViTMAEConfig", TINY_VIT),
    "SegformerForImageClassification": (
        "SegformerConfig",
        {
            "hidden_sizes": [8, 16, 24, 32],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 1, 2, 2],
            "decoder_hidden_size": 16,
        },
    ),
    "SwinModel": ("SwinConfig", TINY_SWIN),
    "Swinv2Model": ("Swinv2Config", TINY_SWIN),
    "ConvNextModel": ("ConvNextConfig", TINY_CONVNEXT),
    "ConvNextV2Model": ("ConvNextV2Config", TINY_CONVNEXT),
    "ResNetModel": (
        "ResNetConfig",
        {"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 1], "layer_type": "basic"},
    ),
    "MobileViTModel": (
        "MobileViTConfig",
        {
            "image_size": 64,
            "hidden_sizes": [24, 32, 40],
            "neck_hidden_sizes": [8, 16, 16, 24, 32, 40, 80],
        },
    ),
    "PvtV2Model": (
        "PvtV2Config",
        {
            "image_size": 64,
            "hidden_sizes": [8, 16, 24, 32],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4],
        },
    ),
    "FocalNetModel": (
        "FocalNetConfig",
        {
            "image_size": 64,
            "embed_dim": 16,
            "depths": [1, 1],
            "hidden_sizes": [16, 32],
            "focal_levels": [2, 2],
            "focal_windows": [3, 3],
        },
    ),
    "HieraModel": (
        "HieraConfig",
        {
            "image_size": [64, 64],
            "embed_dim": 16,
            "num_heads": [1, 2],
            "depths": [1, 1],
            "query_stride": [2, 2],
            "num_query_pool": 1,
            "masked_unit_size": [8, 8],
        },
    ),
    "LevitModel": (
        "LevitConfig",
        {
            "image_size": 64,
            "hidden_sizes": [16, 24, 32],
            "num_attention_heads": [2, 3, 4],
            "depths": [1, 1, 1],
            "key_dim": [8, 8, 8],
        },
    ),
    "DPTForDepthEstimation": (
        "DPTConfig",
        TINY_VIT
        | {
            "num_hidden_layers": 4,
            "backbone_out_indices": [0, 1, 2, 3],
            "neck_hidden_sizes": [8, 16, 24, 32],
            "fusion_hidden_size": 16,
        },
    ),
}
NO_BACKBONE: dict[str, Any] = {"weights_backbone": None}
SMALL_DETECTOR = NO_BACKBONE | {"min_size": 128, "max_size": 160}
FEW_BOXES = SMALL_DETECTOR | {"box_detections_per_img": 8, "rpn_post_nms_top_n_test": 50}
#: Architecture of torchvision -> its size in pixels, and its builder's arguments.
TORCHVISION: dict[str, tuple[int, dict[str, Any]]] = {
    "alexnet": (128, {}),
    "vgg11": (96, {}),
    "resnet18": (128, {}),
    "squeezenet1_1": (128, {}),
    "densenet121": (128, {}),
    "googlenet": (128, {"init_weights": False}),
    "inception_v3": (160, {"init_weights": False}),
    "shufflenet_v2_x0_5": (128, {}),
    "mobilenet_v2": (128, {}),
    "mobilenet_v3_small": (128, {}),
    "resnext50_32x4d": (128, {}),
    "wide_resnet50_2": (96, {}),
    "mnasnet0_5": (128, {}),
    "efficientnet_b0": (128, {}),
    "efficientnet_v2_s": (128, {}),
    "regnet_x_400mf": (128, {}),
    "regnet_y_400mf": (128, {}),
    "convnext_tiny": (128, {}),
    "vit_b_16": (128, {"image_size": 128}),
    "swin_t": (128, {}),
    "swin_v2_t": (128, {}),
    "maxvit_t": (224, {}),
    "fcn_resnet50": (96, NO_BACKBONE),
    "deeplabv3_mobilenet_v3_large": (128, NO_BACKBONE),
    "lraspp_mobilenet_v3_large": (128, NO_BACKBONE),
    "fasterrcnn_mobilenet_v3_large_320_fpn": (128, FEW_BOXES),
    "maskrcnn_resnet50_fpn": (128, FEW_BOXES),
    "keypointrcnn_resnet50_fpn": (128, FEW_BOXES),
    "fcos_resnet50_fpn": (128, SMALL_DETECTOR),
    "retinanet_resnet50_fpn": (128, SMALL_DETECTOR),
    "ssd300_vgg16": (300, NO_BACKBONE),
    "ssdlite320_mobilenet_v3_large": (320, NO_BACKBONE),
}


@dataclass(frozen=True)
class ZooEntry:
    """A network of the zoo."""

    #: Library and architecture.
    name: str
    #: The package that must be installed; "own" and "torchvision" are always there.
    library: str
    #: Input size (H, W) in pixels.
    size: tuple[int, int]
    #: Builds the network.
    make: Callable[[], nn.Module]
    #: Input channels.
    channels: int = 3


def build_timm(name: str, **arguments: Any) -> nn.Module:
    """Build a network of timm."""
    network: nn.Module = import_module("timm").create_model(name, pretrained=False, **arguments)
    return network


def build_transformers(name: str, config: str, arguments: dict[str, Any]) -> nn.Module:
    """Build a network of transformers from a configuration."""
    transformers = import_module("transformers")
    network: nn.Module = getattr(transformers, name)(getattr(transformers, config)(**arguments))
    return network


def build_torchvision(name: str, **arguments: Any) -> nn.Module:
    """Build a network of torchvision."""
    models = import_module("torchvision.models")
    network: nn.Module = models.get_model(name, weights=None, **arguments)
    return network


def _iter_entries() -> Iterator[ZooEntry]:
    yield from _iter_small_entries()
    for pixels, is_argument, names in TIMM:
        arguments = {"img_size": pixels} if is_argument else {}
        for name in names.split():
            make = partial(build_timm, name, **arguments)
            yield ZooEntry(f"timm/{name}", "timm", (pixels, pixels), make)
    for name, (pixels, arguments) in TORCHVISION.items():
        make = partial(build_torchvision, name, **arguments)
        yield ZooEntry(f"torchvision/{name}", "torchvision", (pixels, pixels), make)


def _iter_small_entries() -> Iterator[ZooEntry]:
    """Yield the networks whose passes take milliseconds."""
    own: dict[str, Callable[[], nn.Module]] = {
        "lstm": partial(own_networks.RowsRnn, "LSTM", 40),
        "gru": partial(own_networks.RowsRnn, "GRU", 40),
        "bidirectional": partial(own_networks.RowsRnn, "LSTM", 40, True),
        "packed": partial(own_networks.PackedLstm, 40),
        "conv_gru_cell": own_networks.ConvGru,
    }
    for name, make in own.items():
        yield ZooEntry(f"own/{name}", "own", (32, 40), make)
    spiking: tuple[tuple[str, str, Callable[[], nn.Module]], ...] = (
        ("snntorch", "explicit", own_networks.ExplicitSpikingConv),
        ("snntorch", "init_hidden", own_networks.build_snntorch_init_hidden),
        ("snntorch", "synaptic", own_networks.build_snntorch_synaptic),
        ("spikingjelly", "if_node", own_networks.build_spikingjelly_if),
        ("spikingjelly", "lif_node", own_networks.build_spikingjelly_lif),
    )
    for library, name, make in spiking:
        yield ZooEntry(f"{library}/{name}", library, (32, 40), make)
    for model, (config, arguments) in TRANSFORMERS.items():
        pixels = arguments.get("image_size", 64)
        pixels = pixels if isinstance(pixels, int) else pixels[0]
        make = partial(build_transformers, model, config, arguments)
        yield ZooEntry(f"transformers/{model}", "transformers", (pixels, pixels), make)


ENTRIES = tuple(_iter_entries())


def find_entry(name: str) -> ZooEntry:
    """Return the entry of that name; raise BadInput where there is none."""
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    raise BadInput(f"The zoo has no network '{name}'; see `dnnvis bench zoo --only ...`.")


def missing_library(entry: ZooEntry) -> str:
    """Return the package that must be installed first, "" where all is there."""
    if entry.library in ("own", "torchvision") or find_spec(entry.library) is not None:
        return ""
    return entry.library


def build(entry: ZooEntry) -> nn.Module:
    """Build a network of the zoo; torch's seed decides about its weights."""
    return entry.make()
