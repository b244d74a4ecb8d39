// SPDX-License-Identifier: Apache-2.0
// What stands around a storage in a test: clocks, a Registry and a DAL, and a disk that breaks.

import AsyncHTTPClient
import Foundation
import HoldfastDisk
import HoldfastModel
import HoldfastNode
import NIOCore
import Synchronization

@testable import HoldfastStorage

/// Clocks that a test moves, both as much.
final class HandClock: SimulatedClock {
    private let time = Mutex<(wall: Int64, monotonic: Int64)>(
        (MachineClock().now.milliseconds, 1_000))

    var now: Timestamp { Timestamp(milliseconds: time.withLock { $0.wall }) }
    var monotonicMilliseconds: Int64 { time.withLock { $0.monotonic } }

    func sleep(milliseconds: Int64) async {}

    func run(days: Int64) { move(days: days, running: days) }

    func move(days: Int64, running: Int64 = 0) {
        time.withLock { $0 = ($0.wall + days * 86_400_000, $0.monotonic + running * 86_400_000) }
    }
}

/// A Registry whose clock is ours, and a DAL that knows what is held.
struct OneDAL: NodeTransport {
    let clock: HandClock
    var held: [MailID] = []

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        let encoder = JSONEncoder()
        let body =
            if request.url.hasSuffix("/nodes") {
                try encoder.encode(
                    Roster(
                        nodes: [
                            Registration(name: "d", role: .dal, address: "http://here:1/dal/d")
                        ], clock: clock.now.milliseconds))
            } else if request.url.hasSuffix("/holds") {
                try encoder.encode(HoldsAnswer(number: 1, mails: held, next: nil))
            } else {
                try encoder.encode(Links(number: 1, links: []))
            }
        return HTTPClientResponse(body: .bytes(ByteBuffer(bytes: body)))
    }

    func shutdown() async throws {}
}

/// A disk that never lets go of the first segment that is to be removed.
final class StubbornDisk: Disk {
    private let disk = RealDisk()
    private let kept = Mutex<String?>(nil)

    var hasRefused: Bool { kept.withLock { $0 != nil } }

    func remove(_ path: String) throws(DiskError) {
        let isKept = kept.withLock { kept in
            if kept == nil, path.contains("/segments/") { kept = path }
            return kept == path
        }
        if isKept { throw .failed(operation: "remove", path: path, errno: 5) }
        try disk.remove(path)
    }

    func create(_ path: String) throws(DiskError) -> any DiskFile { try disk.create(path) }
    func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        try disk.open(path, forWriting: forWriting)
    }
    func names(in folder: String) throws(DiskError) -> [String] { try disk.names(in: folder) }
    func makeFolder(_ path: String) throws(DiskError) { try disk.makeFolder(path) }
    func exists(_ path: String) -> Bool { disk.exists(path) }
    func rename(_ path: String, to other: String) throws(DiskError) {
        try disk.rename(path, to: other)
    }
    func syncFolder(_ path: String) throws(DiskError) { try disk.syncFolder(path) }
    func space(at path: String) throws(DiskError) -> DiskSpace { try disk.space(at: path) }
}
