// SPDX-License-Identifier: Apache-2.0
// What the process asks of the system.

internal import CHoldfast
internal import Foundation
internal import HoldfastNode
internal import ServiceLifecycle

enum SystemLimits {
    /// Every connection and segment is an open file: takes as many as the system allows.
    static func raiseOpenFiles() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // The old limit will do for a while; whoever runs into it is told so.
        _ = setrlimit(files, &limit)
    }
}

extension SystemLimits {
    /// Databases and segments hold mail: nobody but owner and group reads what is made.
    static func hideNewFiles() {
        umask(0o027)
    }
}

/// Gives memory back that a burst of mail has left unused: the nodes let go of what they cache, which
/// the system caches too, and then the heap of what is free.
struct MemoryReturn: Service {
    let components: [any Component]

    private static let seconds = 10

    /// To be called before anything allocates much.
    static func prepare() {
        holdfast_bound_memory()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(Self.seconds))
                for component in components { await component.giveMemoryBack() }
                holdfast_return_memory()
            }
        }
    }
}
