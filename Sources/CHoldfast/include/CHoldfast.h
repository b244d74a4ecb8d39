// SPDX-License-Identifier: Apache-2.0
// The few things that Swift cannot see or say: a checksum instruction, and system calls whose
// flags are macros.

#ifndef CHOLDFAST_H
#define CHOLDFAST_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of `length` bytes, going on from `crc` (0 to begin). Uses the processor's
/// instruction where there is one.
uint32_t holdfast_crc32c(uint32_t crc, const void *bytes, size_t length);

/// Reserves `length` bytes from `offset`, size included, so that later writes need no allocation.
/// Returns 0 or an errno.
int holdfast_preallocate(int fd, int64_t offset, int64_t length);

/// Exchanges the names of two files. Returns 0 or an errno; EINVAL or ENOSYS where the file system
/// knows no such thing.
int holdfast_exchange(const char *path, const char *other);

/// A stable identity of the disk under an open file: the hash of machine id and device number.
uint64_t holdfast_disk_identity(int fd);

/// Keeps large buffers out of the heap, and the heap in few pieces, so that what is freed can go back.
void holdfast_bound_memory(void);

/// Gives free memory back to the system.
void holdfast_return_memory(void);

#endif
