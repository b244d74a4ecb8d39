// SPDX-License-Identifier: Apache-2.0
// Messages out of the sources' files, in batches of bounded size.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// A message as it was found.
struct FoundMessage: Sendable {
    enum Octets: Sendable {
        case whole([UInt8])
        /// Too large to be held: read again from here when it is sent.
        case large(path: String, from: UInt64, to: UInt64, isQuoted: Bool)
    }

    /// For people: the file, with the number of the message when it is an mbox.
    var name: String
    var octets: Octets
    /// The sender on its From_ line; nil where there is none.
    var fromLineSender: String?
    /// How far the source was read when it was found: for the progress line.
    var bytesRead: UInt64
}

/// What a reader found in one step.
enum FoundItem: Sendable {
    case message(FoundMessage)
    case refused(name: String, reason: String)
    case skipped(path: String, reason: String)
}

/// Reads the sources. Waits for a disk, so its calls are not for cooperative threads.
struct SourceReader {
    private var walk: SourceWalk
    private var mbox: OpenMbox?
    private var bytesRead: UInt64 = 0

    static let batchItemsMax = 256
    static let batchBytesMax = Wire.batchBytesMax / 2
    static let wholeBytesMax = UInt64(Wire.wholeMessageBytesMax)

    init(_ sources: [ImportSource]) {
        walk = SourceWalk(sources)
    }

    /// The next items; empty at the end.
    mutating func nextBatch() -> [FoundItem] {
        var batch: [FoundItem] = []
        var bytes = 0
        while batch.count < Self.batchItemsMax, bytes < Self.batchBytesMax, let item = next() {
            batch.append(item)
            if case .message(let message) = item, case .whole(let octets) = message.octets {
                bytes += octets.count
            }
        }
        return batch
    }

    private mutating func next() -> FoundItem? {
        while true {
            if let item = nextOfMbox() { return item }
            guard let found = walk.next() else { return nil }
            switch found {
            case .skipped(let path, let reason):
                return .skipped(path: path, reason: reason)
            case .unreadable(let path, let reason): return .refused(name: path, reason: reason)
            case .file(let file) where file.form == .mbox:
                do {
                    mbox = try OpenMbox(file)
                } catch {
                    return .refused(name: file.name, reason: "\(error)")
                }
            case .file(let file):
                bytesRead += file.bytes
                return message(file)
            }
        }
    }

    private mutating func nextOfMbox() -> FoundItem? {
        guard var open = mbox else { return nil }
        defer { mbox = open.isFinished ? nil : open }
        do {
            let before = open.bytesRead
            defer { bytesRead += open.bytesRead - before }
            guard let message = try open.next(bytesReadBefore: bytesRead) else { return nil }
            return message
        } catch {
            open.isAtEnd = true
            return .refused(name: open.file.name, reason: "\(error)")
        }
    }

    private func message(_ file: ImportFile) -> FoundItem {
        do {
            guard file.bytes > Self.wholeBytesMax else {
                let octets = try RealDisk().octets(
                    of: file.path, bytesMax: Int(Self.wholeBytesMax) + 1)
                return .found(file.name, .whole(octets), bytesRead: bytesRead)
            }
            let place = FoundMessage.Octets.large(
                path: file.path, from: 0, to: file.bytes, isQuoted: false)
            return .found(file.name, place, bytesRead: bytesRead)
        } catch {
            return .refused(name: file.name, reason: "\(error)")
        }
    }
}

extension FoundItem {
    /// An empty file is what a crash leaves behind: there is no mail in it.
    static func found(
        _ name: String, _ octets: FoundMessage.Octets, sender: String? = nil, bytesRead: UInt64
    ) -> FoundItem {
        if case .whole(let octets) = octets, octets.isEmpty {
            return .refused(name: name, reason: "it is empty")
        }
        return .message(
            FoundMessage(
                name: name, octets: octets, fromLineSender: sender, bytesRead: bytesRead))
    }
}

/// An mbox that is being read.
private struct OpenMbox {
    let file: ImportFile
    var isAtEnd = false
    private(set) var bytesRead: UInt64 = 0
    private let handle: any DiskFile
    private var splitter = MboxSplitter()
    private var ready: [FoundItem] = []
    private var current: Current?
    private var number = 0

    private static let pieceBytes = 1 << 20

    /// The message whose end has not been seen.
    fileprivate struct Current {
        var start: UInt64
        var sender: String
        var octets: [UInt8] = []
        var quoting = MboxQuoting(.unquote)
        var isLarge = false
    }

    init(_ file: ImportFile) throws(DiskError) {
        self.file = file
        handle = try RealDisk().open(file.path, forWriting: false)
    }

    /// Nothing more will come of it.
    var isFinished: Bool { isAtEnd && ready.isEmpty }

    /// Nil when the file has no more messages.
    mutating func next(bytesReadBefore: UInt64) throws(DiskError) -> FoundItem? {
        while ready.isEmpty, !isAtEnd { try readPiece(bytesReadBefore) }
        guard !ready.isEmpty else { return nil }
        return ready.removeFirst()
    }

    private mutating func readPiece(_ before: UInt64) throws(DiskError) {
        let piece = try handle.read(upTo: Self.pieceBytes, at: bytesRead)
        let isLast = piece.count < Self.pieceBytes
        bytesRead += UInt64(piece.count)
        var events: [MboxSplitter.Event] = []
        splitter.add(piece[...]) { events.append($0) }
        if isLast { splitter.finish { events.append($0) } }
        for event in events { take(event, bytesRead: before + bytesRead) }
        if isLast { isAtEnd = true }
    }

    private mutating func take(_ event: MboxSplitter.Event, bytesRead: UInt64) {
        switch event {
        case .begin(let line, let offset):
            number += 1
            current = Current(start: offset, sender: FromLine.sender(in: line[...]))
        case .octets(let octets):
            current?.add(octets)
        case .end(let offset):
            guard let message = current else { return }
            current = nil
            ready.append(item(message, end: offset, bytesRead: bytesRead))
        case .notMbox:
            isAtEnd = true
            ready.append(
                .refused(
                    name: file.name, reason: "it does not begin with a From_ line as an mbox does"))
        }
    }

    private func item(_ message: Current, end: UInt64, bytesRead: UInt64) -> FoundItem {
        var message = message
        let name = "\(file.name)#\(number)"
        guard message.isLarge else {
            message.quoting.finish(to: &message.octets)
            return .found(
                name, .whole(message.octets), sender: message.sender, bytesRead: bytesRead)
        }
        let place = FoundMessage.Octets.large(
            path: file.path, from: message.start, to: end, isQuoted: true)
        return .found(name, place, sender: message.sender, bytesRead: bytesRead)
    }
}

extension OpenMbox.Current {
    mutating func add(_ octets: ArraySlice<UInt8>) {
        guard !isLarge else { return }
        quoting.add(octets, to: &self.octets)
        guard self.octets.count > SourceReader.wholeBytesMax else { return }
        isLarge = true
        self.octets = []
    }
}
