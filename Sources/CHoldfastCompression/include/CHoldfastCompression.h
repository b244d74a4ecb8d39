// SPDX-License-Identifier: Apache-2.0
// zstd and zlib, one block at a time. Each thread keeps its own zstd contexts: making one costs more
// than compressing a mail.

#ifndef CHOLDFAST_COMPRESSION_H
#define CHOLDFAST_COMPRESSION_H

#include <stddef.h>

/// Each returns the bytes written to `into`, or 0 when they would not fit or the input is damaged.
size_t holdfast_zstd_compress(void *into, size_t room, const void *from, size_t length, int level);
size_t holdfast_zstd_decompress(void *into, size_t room, const void *from, size_t length);
size_t holdfast_zlib_compress(void *into, size_t room, const void *from, size_t length, int level);
size_t holdfast_zlib_decompress(void *into, size_t room, const void *from, size_t length);

#endif
