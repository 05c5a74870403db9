"""Makes the safetensors files of this folder with the official writer.

Made with safetensors 0.8.0 and numpy 2.4.6 on Python 3.11.7:
    pip install safetensors==0.8.0 numpy==2.4.6 && python make.py
The official writer puts metadata in a random order, so no file has more than one entry of it.
"""

import numpy
from safetensors.numpy import save_file


def f32(*shape):
    count = int(numpy.prod(shape))
    return ((numpy.arange(count) - 2) / 8).astype(numpy.float32).reshape(shape)


save_file({"2.weight": f32(2, 3), "10.bias": f32(5), "0": f32(1), "layer/a": f32(2, 1, 2)}, "plain.safetensors")
save_file(
    {
        'quote " backslash \\ slash / newline \n tab \t bell \x07 delete \x7f': f32(2),
        "line separator \u2028, \u00e9": f32(1),
        "\U0001f600 after the next in UTF-8": f32(1),
        "\uff5e before the last": f32(2),
        "scalar": f32(),
        "empty": f32(0, 3),
        "__proto__": f32(1),
    },
    "names.safetensors",
    metadata={"made by": "safetensors \u2713"},
)
save_file({}, "nothing.safetensors")
save_file({"a": f32(2), "half": f32(3).astype(numpy.float16)}, "float16.safetensors")
