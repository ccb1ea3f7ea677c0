from tools.landscapes import *

SCENES = (
    Scene("harbour", 11, DAWN, (0.68, 0.36, 0.05), ((0.5, 0.08),), sea=0.55, houses=3, clouds=0.6),
    Scene("pines", 12, NOON, (0.2, 0.18, 0.04), ((0.45, 0.2), (0.62, 0.1), (0.8, 0.05)), trees=16),
    Scene(
        "village", 13, AUTUMN, (0.82, 0.2, 0.045), ((0.4, 0.16), (0.66, 0.06)), houses=6, trees=7
    ),
    Scene("sunset", 14, DUSK, (0.4, 0.48, 0.075), ((0.56, 0.05),), sea=0.6, clouds=0.3),
    Scene("snow", 15, WINTER, (0.7, 0.16, 0.035), ((0.34, 0.3), (0.7, 0.08)), trees=9, clouds=0.7),
    Scene(
        "dunes",
        16,
        DESERT,
        (0.28, 0.26, 0.06),
        ((0.46, 0.05), (0.6, 0.14), (0.84, 0.12)),
        clouds=0.1,
    ),
    Scene(
        "bridge", 17, STORM, (0.55, 0.2, 0.05), ((0.46, 0.12),), sea=0.66, bridge=True, clouds=0.9
    ),
    Scene(
        "lighthouse", 18, STORM, (0.8, 0.22, 0.03), ((0.86, 0.06),), sea=0.5, tower=0.3, clouds=0.8
    ),
    Scene("moon", 21, NIGHT, (0.74, 0.22, 0.06), ((0.5, 0.2), (0.78, 0.06)), houses=3, clouds=0.15),
    Scene("island", 22, NOON, (0.5, 0.14, 0.04), ((0.5, 0.14),), sea=0.62, clouds=0.8),
    Scene(
        "orchard", 23, AUTUMN, (0.14, 0.3, 0.05), ((0.55, 0.08), (0.7, 0.03)), trees=24, clouds=0.3
    ),
    Scene("fjord", 24, DAWN, (0.3, 0.3, 0.04), ((0.3, 0.3), (0.44, 0.2)), sea=0.7, clouds=0.4),
    Scene(
        "farm",
        25,
        NOON,
        (0.86, 0.14, 0.05),
        ((0.58, 0.06), (0.74, 0.03)),
        houses=2,
        trees=5,
        clouds=0.9,
    ),
    Scene(
        "peaks", 26, DUSK, (0.62, 0.3, 0.05), ((0.36, 0.34), (0.6, 0.2), (0.86, 0.05)), clouds=0.5
    ),
    Scene("ice", 27, WINTER, (0.22, 0.24, 0.07), ((0.6, 0.3),), sea=0.74, clouds=0.3),
    Scene(
        "canyon", 28, DESERT, (0.6, 0.12, 0.04), ((0.3, 0.1), (0.5, 0.3), (0.7, 0.3)), clouds=0.4
    ),
)
