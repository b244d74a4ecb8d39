// SPDX-License-Identifier: Apache-2.0
// What makes a process see another time of day.

import Foundation

/// A library that is loaded before all others and sets the wall clock ahead, or behind, by so many seconds
/// as its environment says; nothing else. (libfaketime also bends the timers: they never end.)
enum OtherClock {
    /// Its path; nil where there is no compiler to make it.
    static let library: String? = {
        let path = NSTemporaryDirectory() + "holdfast-clock-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path + ".c") }
        do {
            try source.write(toFile: path + ".c", atomically: true, encoding: .utf8)
            for compiler in ["cc", "clang"] {
                let made = try ran([
                    "/usr/bin/env", compiler, "-shared", "-fPIC", "-o", path + ".so", path + ".c",
                ])
                guard made.code == 0 else { continue }
                atexit { if let library = OtherClock.library { unlink(library) } }
                return path + ".so"
            }
        } catch {
            print("no other clock: \(error)")
        }
        return nil
    }()

    private static let source = """
        #define _GNU_SOURCE
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        int clock_gettime(clockid_t id, struct timespec *t) {
            const char *ahead = getenv("CLOCK_AHEAD_SECONDS");
            long code = syscall(SYS_clock_gettime, id, t);
            if (code == 0 && ahead && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
                t->tv_sec += atol(ahead);
            return (int)code;
        }

        int gettimeofday(struct timeval *restrict t, void *restrict zone) {
            struct timespec now;
            (void)zone;
            if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
            t->tv_sec = now.tv_sec;
            t->tv_usec = now.tv_nsec / 1000;
            return 0;
        }

        time_t time(time_t *t) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (t) *t = now.tv_sec;
            return now.tv_sec;
        }

        """
}
