"""Reads entries of format 1 (the byte diagram is in src/entry.rs).

Standard input: lines of a full key and an entry in hexadecimal. Standard
output: a line each of expires_at, the write ids, and the value, or "corrupt".
"""
import hashlib
import struct
import sys
import zlib


def decode(key, entry):
    if len(entry) < 64 or entry[:4] != b"S3C\x01":
        raise ValueError("no entry")
    _, flags, n, zero, expires_at, _, _, header_sum, size, rest_sum, write_id = struct.unpack(
        "<4sBBHqqIIIIQ", entry[:48])
    rest = entry[64:]
    if zlib.crc32(entry[:28] + entry[32:64]) != header_sum or zlib.crc32(rest) != rest_sum:
        raise ValueError("damaged")
    if flags > 1 or n > 24 or zero or len(rest) != 8 * n + size:
        raise ValueError("not format 1")
    if entry[48:64] != hashlib.sha256(key).digest()[:16]:
        raise ValueError("another key's")
    ids = [write_id, *struct.unpack(f"<{n}Q", rest[:8 * n])]
    value = rest[8 * n:]
    if flags & 1:
        length = int.from_bytes(value[:4], "little")
        value = zlib.decompressobj(-15).decompress(value[4:], length + 1)
        if len(value) != length:
            raise ValueError("not the stated length")
    return expires_at, ids, value


for line in sys.stdin:
    key, entry = line.split()
    try:
        expires_at, ids, value = decode(key.encode(), bytes.fromhex(entry))
        print(expires_at, ",".join(f"{i:x}" for i in ids), value.hex() or "-")
    except ValueError:
        print("corrupt")
