// SPDX-License-Identifier: Apache-2.0
// What we tell systemd, and how we know that there is something to tell.

internal import Foundation

/// The socket on which systemd hears how a service is (`Type=notify`).
enum ServiceManager {
    /// Says `READY=1` or the like; does nothing when nobody listens, and never waits.
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
                    descriptor, state, state.utf8.count,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT), address.baseAddress, length)
            }
        }
    }

    /// How long systemd waits for a sign of life before it ends us; nil where it does not.
    static func watchdogMicroseconds(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Int64? {
        guard let text = environment["WATCHDOG_USEC"], let time = Int64(text), time > 0 else {
            return nil
        }
        // The variables of a service are inherited by what it starts; they are not meant for that.
        if let process = environment["WATCHDOG_PID"], process != String(getpid()) { return nil }
        return time
    }
}

/// What this process has done so far, as the system counts it.
struct WorkDone: Hashable {
    var processorMilliseconds: Int
    /// Blocks that came from disks or went to them.
    var blocks: Int

    /// What looking costs is no work.
    private static let processorMillisecondsMin = 20

    /// Whether there was work since an earlier look.
    func moved(since earlier: WorkDone) -> Bool {
        blocks != earlier.blocks
            || processorMilliseconds - earlier.processorMilliseconds
                >= Self.processorMillisecondsMin
    }

    /// As of now.
    static var now: WorkDone {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return WorkDone(
            processorMilliseconds: times.reduce(0) {
                $0 + $1.tv_sec * 1000 + Int($1.tv_usec) / 1000
            },
            blocks: usage.ru_inblock + usage.ru_oublock)
    }
}

/// A start that takes long, because much is to be recovered, and still gets on.
enum LongStart {
    private static let lookMilliseconds = 5000
    /// Work that pauses for less is not given up.
    private static let extensionSeconds = 60

    /// Does the work, and asks systemd for more time as long as the process moves: one that hangs is
    /// ended by it, and started again.
    static func watched<Result>(
        lookMilliseconds: Int = lookMilliseconds,
        tell: @escaping @Sendable (String) -> Void = { ServiceManager.tell($0) },
        _ work: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                var before = WorkDone.now
                while (try? await Task.sleep(for: .milliseconds(lookMilliseconds))) != nil {
                    let now = WorkDone.now
                    guard now.moved(since: before) else { continue }
                    before = now
                    tell(
                        "EXTEND_TIMEOUT_USEC=\(extensionSeconds * 1_000_000)\n"
                            + "STATUS=reads what the last run left")
                }
            }
            defer { group.cancelAll() }
            return try await work()
        }
    }
}
