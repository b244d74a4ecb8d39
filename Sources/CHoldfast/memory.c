// SPDX-License-Identifier: Apache-2.0

#include "CHoldfast.h"
#include <malloc.h>

void holdfast_bound_memory(void) {
    // Setting the threshold also stops glibc from raising it after the first large buffer.
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_ARENA_MAX, 4);
}

void holdfast_return_memory(void) { malloc_trim(0); }
