// SPDX-License-Identifier: Apache-2.0

#include "CHoldfastCompression.h"
#include <pthread.h>
#include <zlib.h>
#include <zstd.h>

static pthread_key_t compressor, decompressor;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_compressor(void *context) { ZSTD_freeCCtx(context); }
static void free_decompressor(void *context) { ZSTD_freeDCtx(context); }

static void make_keys(void) {
    pthread_key_create(&compressor, free_compressor);
    pthread_key_create(&decompressor, free_decompressor);
}

size_t holdfast_zstd_compress(void *into, size_t room, const void *from, size_t length, int level) {
    pthread_once(&once, make_keys);
    ZSTD_CCtx *context = pthread_getspecific(compressor);
    if (!context) {
        context = ZSTD_createCCtx();
        if (!context) return 0;
        pthread_setspecific(compressor, context);
    }
    size_t count = ZSTD_compressCCtx(context, into, room, from, length, level);
    return ZSTD_isError(count) ? 0 : count;
}

size_t holdfast_zstd_decompress(void *into, size_t room, const void *from, size_t length) {
    pthread_once(&once, make_keys);
    ZSTD_DCtx *context = pthread_getspecific(decompressor);
    if (!context) {
        context = ZSTD_createDCtx();
        if (!context) return 0;
        pthread_setspecific(decompressor, context);
    }
    size_t count = ZSTD_decompressDCtx(context, into, room, from, length);
    return ZSTD_isError(count) ? 0 : count;
}

size_t holdfast_zlib_compress(void *into, size_t room, const void *from, size_t length, int level) {
    uLongf count = room;
    return compress2(into, &count, from, length, level) == Z_OK ? count : 0;
}

size_t holdfast_zlib_decompress(void *into, size_t room, const void *from, size_t length) {
    uLongf count = room;
    return uncompress(into, &count, from, length) == Z_OK ? count : 0;
}
