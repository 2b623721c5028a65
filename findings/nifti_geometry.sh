#!/usr/bin/env bash
# Valid NIfTI-1 files that SimpleITK and nibabel read as different images.
#
# Versions: SimpleITK 2.5.7 (its wheel's ITK), nibabel 5.4.2, numpy 2.4.6; Python 3.11 or later.
#
# Seen, on a volume of 10 x 8 x 6 voxels of 0.7 x 0.8 x 2 in a qform and an sform that agree:
#   xyzt_units 3 (micrometres)        SimpleITK 0.0007 x 0.0008 x 0.002 mm       nibabel 0.7 x 0.8 x 2
#   xyzt_units 1 (metres)             SimpleITK 700 x 800 x 2000 mm              nibabel 0.7 x 0.8 x 2
#   scl_slope 0, scl_inter 9          SimpleITK adds 9 to every voxel            nibabel leaves them as stored
#   a float voxel that is not a number  SimpleITK 0                              nibabel nan
#
# nifti1.h lets xyzt_units say any of the three units, and scales voxels only "if the scl_slope field is nonzero".
# What it means: the same file is of another size, or of other intensities, by the library that reads it. DeepTEPP
# refuses lengths that are not in millimetres and voxels that are no numbers, and adds nothing where the slope is 0.
#
# Exits 1 where one of the libraries no longer behaves so. Installs into a folder of its own and removes it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "SimpleITK==2.5.7" "nibabel==5.4.2" "numpy==2.4.6"
"$work/venv/bin/python" - "$work" <<'PY'
"""Write the four files byte by byte and read each with both libraries."""

import struct
import sys
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK

FOLDER = Path(sys.argv[1])
SPACING = (0.7, 0.8, 2.0)
WHOLE = np.arange(480, dtype="<i2").reshape(6, 8, 10)
BROKEN = WHOLE.astype("<f4")
BROKEN[0, 0, 3] = np.nan
CODES = {"i2": 4, "f4": 16}


def written(voxels, units=2, slope=1.0, intercept=0.0):
    """Write voxels (z, y, x) without rotation, in a qform and an sform that say the same."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, 10, 8, 6, 1, 1, 1, 1)
    struct.pack_into("<hhh", head, 68, 0, CODES[voxels.dtype.str[1:]], 8 * voxels.itemsize)
    struct.pack_into("<8f", head, 76, 1.0, *SPACING, 0.0, 0.0, 0.0, 0.0)
    struct.pack_into("<3f", head, 108, 352.0, slope, intercept)
    head[123] = units
    rows = [value for i in range(3) for value in (*(SPACING[i] if i == j else 0.0 for j in range(3)), 0.0)]
    struct.pack_into("<2h6f12f", head, 252, 1, 1, *[0.0] * 6, *rows)
    head[344:348] = b"n+1\0"
    path = FOLDER / "image.nii"
    path.write_bytes(bytes(head) + voxels.tobytes())
    return path


def by_simpleitk(path):
    """Give spacing and voxels (z, y, x)."""
    image = SimpleITK.ReadImage(str(path))
    return image.GetSpacing(), SimpleITK.GetArrayFromImage(image)


def by_nibabel(path):
    """Give spacing and voxels (z, y, x)."""
    image = nibabel.load(path)
    return tuple(np.linalg.norm(image.affine[:3, :3], axis=0)), np.asarray(image.dataobj).transpose()


def check(what, simpleitk, nibabel_, expected):
    """Print one line; tell whether both libraries still give what was seen."""
    holds = all(np.allclose(*pair, rtol=1e-4, equal_nan=True) for pair in zip((simpleitk, nibabel_), expected))
    said = [np.round(np.asarray(each, dtype=float), 7).tolist() for each in (simpleitk, nibabel_)]
    print(f"{'as described' if holds else 'CHANGED':12}  {what}: SimpleITK {said[0]}, nibabel {said[1]}")
    return holds


print("SimpleITK", SimpleITK.Version_VersionString(), " nibabel", nibabel.__version__, " numpy", np.__version__)
path = written(WHOLE)
(one, first), (other, second) = by_simpleitk(path), by_nibabel(path)
held = [check("millimetres, for comparison", one, other, (SPACING, SPACING))]
held.append(np.array_equal(first, WHOLE) and np.array_equal(second, WHOLE))
for units, name, factor in ((3, "micrometres", 1e-3), (1, "metres", 1e3)):
    path = written(WHOLE, units=units)
    scaled = tuple(factor * mm for mm in SPACING)
    held.append(check(f"spacing in {name}", by_simpleitk(path)[0], by_nibabel(path)[0], (scaled, SPACING)))
path = written(WHOLE, slope=0.0, intercept=9.0)
stored = WHOLE[0, 0, :3]
ends = by_simpleitk(path)[1][0, 0, :3], by_nibabel(path)[1][0, 0, :3]
held.append(check("slope 0, intercept 9", *ends, (stored + 9, stored)))
path = written(BROKEN)
ends = by_simpleitk(path)[1][0, 0, 2:5], by_nibabel(path)[1][0, 0, 2:5]
held.append(check("2, not a number, 4", *ends, ((2, 0, 4), (2, np.nan, 4))))
sys.exit(not all(held))
PY
