"""The closed formula behind all inputs and initial parameters; test/helpers/vector-data.ts is its twin."""

import math

import numpy as np

INPUT_SALT = 0x10000
LABEL_SALT = 0x20000
TARGET_SALT = 0x30000
TOKEN_SALT = 0x40000


def mix(words):
    """The 32-bit finaliser of MurmurHash3, on an array of uint32."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x85EBCA6B)
    words = words ^ (words >> np.uint32(13))
    words = words * np.uint32(0xC2B2AE35)
    return words ^ (words >> np.uint32(16))


def hashes(count, salt):
    """`count` uint32 numbers that belong to `salt`: element i is mix(mix(i) xor (salt * 0x9E3779B1 mod 2^32))."""
    spread = np.uint32(salt * 0x9E3779B1 % 2**32)
    return mix(mix(np.arange(count, dtype=np.uint32)) ^ spread)


def unit(count, salt):
    """`count` float64 numbers in [0, 1): the hashes over 2^32, exact."""
    return hashes(count, salt) / 2.0**32


def name_hash(name):
    """FNV-1a, 32 bits, of an ASCII name."""
    word = 0x811C9DC5
    for byte in name.encode("ascii"):
        word = (word ^ byte) * 0x01000193 % 2**32
    return word


def vector_input(batch, size, feature_length):
    """Features of one batch: float32 [size, feature_length], 0 to 1."""
    return unit(size * feature_length, INPUT_SALT + batch).astype(np.float32).reshape(size, feature_length)


def vector_labels(batch, size, classes):
    """Labels of one batch: int64 [size], 0 to classes - 1."""
    return (hashes(size, LABEL_SALT + batch) % np.uint32(classes)).astype(np.int64)


def vector_targets(batch, size):
    """Regression targets of one batch: float32 [size], -1 to 1."""
    return (2 * unit(size, TARGET_SALT + batch) - 1).astype(np.float32)


def vector_tokens(batch, size, length, vocabulary):
    """Sequences of tokens of one batch: int64 [size, length], 0 to vocabulary - 1."""
    return (hashes(size * length, TOKEN_SALT + batch) % np.uint32(vocabulary)).astype(np.int64).reshape(size, length)


def vector_parameter(index, name, shape, fan_in):
    """Initial values of parameter number `index`: float32 of `shape`, within 1 / sqrt(fan_in)."""
    salt = (name_hash(name) + index) % 2**32
    values = (2 * unit(math.prod(shape), salt) - 1) / math.sqrt(fan_in)
    return values.astype(np.float32).reshape(shape)
