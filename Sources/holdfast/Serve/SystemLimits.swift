// SPDX-License-Identifier: Apache-2.0
// What the process asks of the system, and tells systemd.

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

/// The socket on which systemd hears how a service is (`Type=notify`).
enum ServiceManager {
    /// Says `READY=1` or the like; does nothing when nobody listens.
    static func tell(
        _ state: String,
        socketPath: String? = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]
    ) {
        guard let path = socketPath, !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // A name that begins with @ is abstract: its first byte is zero.
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.count)
        _ = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                sendto(
                    descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL),
                    address.baseAddress, length)
            }
        }
    }
}
