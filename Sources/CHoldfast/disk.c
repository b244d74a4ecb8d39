// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CHoldfast.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int holdfast_preallocate(int fd, int64_t offset, int64_t length) {
    while (fallocate(fd, 0, offset, length) != 0) {
        if (errno == EINTR) continue;
        return errno;
    }
    return 0;
}

int holdfast_exchange(const char *path, const char *other) {
    return renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE) == 0 ? 0 : errno;
}

// FNV-1a: the identity is only compared, never relied on for secrecy.
static uint64_t hashed(uint64_t hash, const char *text) {
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
    return hash;
}

static int first_line(const char *path, char *line, size_t size) {
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    char *got = fgets(line, (int)size, file);
    fclose(file);
    return got != NULL && line[0] != '\0' && line[0] != '\n';
}

uint64_t holdfast_disk_identity(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return 0;
    uint64_t hash = 0xcbf29ce484222325ull;
    char line[256], path[128];
    if (first_line("/etc/machine-id", line, sizeof line)) hash = hashed(hash, line);
    unsigned int high = major(status.st_dev), low = minor(status.st_dev);
    // A device's own serial outlives a change of its number; partitions share their parent's.
    static const char *const names[] = {"device/wwid", "device/serial", "serial", "../device/wwid",
                                        "../device/serial", "../serial"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u/%s", high, low, names[n]);
        if (first_line(path, line, sizeof line)) return hashed(hash, line);
    }
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/partition", high, low);
    if (access(path, F_OK) == 0) {
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u/../dev", high, low);
        if (first_line(path, line, sizeof line)) return hashed(hash, line);
    }
    snprintf(line, sizeof line, "%u:%u", high, low);
    return hashed(hash, line);
}
