//! Framing on the pipe: a tag byte, a big-endian 64-bit length, that many bytes.
