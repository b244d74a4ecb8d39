// SPDX-License-Identifier: Apache-2.0
// The files of the sources, found one after the other, in an order that a second run repeats.

internal import Foundation
internal import HoldfastDisk

/// Walks through folders to any depth; holds the names of the folders it is in, and no more.
struct SourceWalk {
    enum Found: Equatable {
        case file(ImportFile)
        /// Neither a message nor an mbox, for this reason.
        case skipped(path: String, reason: String)
        /// Cannot be read.
        case unreadable(path: String, reason: String)
    }

    fileprivate enum Step {
        case source(ImportSource)
        /// Something in a folder.
        case entry(path: String)
        /// Something in `cur` or `new` of a Maildir: a message, whatever its name.
        case delivered(path: String)
    }

    private var steps: [Step]
    /// Folders seen, so that a link cannot lead in a circle.
    private var folders: Set<FolderKey> = []

    /// So much of a file is read to know what it is.
    private static let beginningBytes = 4096

    private struct FolderKey: Hashable {
        var device: UInt64
        var number: UInt64
    }

    init(_ sources: [ImportSource]) {
        steps = sources.reversed().map(Step.source)
    }

    mutating func next() -> Found? {
        while let step = steps.popLast() {
            do {
                if let found = try take(step) { return found }
            } catch {
                return .unreadable(path: step.path, reason: "\(error)")
            }
        }
        return nil
    }

    /// Only looks at the source that comes next; nil for a folder.
    mutating func openSource() throws(DiskError) -> Found? {
        guard let step = steps.popLast() else { return nil }
        return try take(step)
    }

    /// Nil when the step only led to others.
    private mutating func take(_ step: Step) throws(DiskError) -> Found? {
        let status = try FileStatus(of: step.path)
        switch (step, status.kind == .folder) {
        case (.source(let source), true):
            switch source.form {
            case .maildir: try open(maildir: source.path)
            case nil: try open(folder: source.path, status)
            case .mbox, .eml:
                return .unreadable(path: source.path, reason: "it is a folder; name a file")
            }
            return nil
        case (.entry(let path), true):
            try open(folder: path, status)
            return nil
        case (.delivered(let path), true):
            return .skipped(path: path, reason: "it is a folder where a Maildir has messages")
        case (.source(let source), false): return try named(source, status)
        case (.delivered(let path), false):
            return .file(ImportFile(path: path, form: .message, bytes: status.bytes))
        case (.entry(let path), false): return try entry(path, status)
        }
    }

    private mutating func open(folder path: String, _ status: FileStatus) throws(DiskError) {
        let key = FolderKey(device: status.device, number: status.number)
        guard folders.insert(key).inserted else { return }
        let names = try RealDisk().names(in: path)
        let isMaildir = ["cur", "new", "tmp"].allSatisfy(names.contains)
        for name in names.reversed() where !(isMaildir && ["cur", "new", "tmp"].contains(name)) {
            steps.append(.entry(path: "\(path)/\(name)"))
        }
        if isMaildir { try open(maildir: path) }
    }

    private mutating func open(maildir path: String) throws(DiskError) {
        for part in ["new", "cur"] {
            for name in try RealDisk().names(in: "\(path)/\(part)").reversed() {
                steps.append(.delivered(path: "\(path)/\(part)/\(name)"))
            }
        }
    }

    /// What the command line names is taken as it says, or said to be nothing we know.
    private func named(_ source: ImportSource, _ status: FileStatus) throws(DiskError) -> Found {
        let path = source.path
        let file: ImportFile.Form
        switch source.form {
        case .mbox: file = .mbox
        case .eml: file = .message
        case .maildir: return .unreadable(path: source.name, reason: "it is no folder")
        case nil:
            switch try entry(path, status) {
            case .file(let found): file = found.form
            case .skipped(_, let reason), .unreadable(_, let reason):
                return .unreadable(path: source.name, reason: reason)
            }
        }
        var found = ImportFile(path: path, form: file, bytes: status.bytes)
        found.name = source.name
        return .file(found)
    }

    private func entry(_ path: String, _ status: FileStatus) throws(DiskError) -> Found {
        guard status.kind == .file else {
            return .skipped(path: path, reason: "it is neither a file nor a folder")
        }
        if path.lowercased().hasSuffix(".eml") {
            return .file(ImportFile(path: path, form: .message, bytes: status.bytes))
        }
        guard try Self.beginsAsMbox(path) else {
            return .skipped(
                path: path,
                reason: "it is not called .eml and does not begin as an mbox; eml:PATH or mbox:PATH"
                    + " takes it as one")
        }
        return .file(ImportFile(path: path, form: .mbox, bytes: status.bytes))
    }

    /// Whether the first line with something in it is a From_ line. One without a date needs a header
    /// field behind it: a text may begin so too.
    private static func beginsAsMbox(_ path: String) throws(DiskError) -> Bool {
        let file = try RealDisk().open(path, forWriting: false)
        var bytes = try file.read(upTo: beginningBytes, at: 0)[...]
        if bytes.starts(with: MboxSplitter.byteOrderMark) { bytes = bytes.dropFirst(3) }
        let lines = bytes.drop { $0 == 0x0a || $0 == 0x0d }
            .split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
        guard let first = lines.first, let kind = FromLine.kind(of: first) else { return false }
        if kind > .doubtful { return true }
        let name = lines.dropFirst().first?.prefix { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a } ?? []
        return !name.isEmpty && lines[1].dropFirst(name.count).first == 0x3a
    }
}

extension SourceWalk.Step {
    fileprivate var path: String {
        switch self {
        case .source(let source): source.path
        case .entry(let path), .delivered(let path): path
        }
    }
}
