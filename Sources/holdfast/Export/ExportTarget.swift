// SPDX-License-Identifier: Apache-2.0
// Where an export goes: an mbox, a Maildir or a folder of .eml files.

internal import ArgumentParser
internal import Foundation
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode

/// `--to` of an export.
struct ExportPlace: ExpressibleByArgument, Hashable, Sendable {
    enum Form: String, CaseIterable { case mbox, maildir, eml }

    let form: Form
    let path: String

    /// `mbox:FILE`, `maildir:DIR` or `eml:DIR`.
    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let form = Form(rawValue: String(parts[0])) else { return nil }
        self.form = form
        path = String(parts[1])
    }

    /// `mbox:-`.
    var isStandardOutput: Bool { form == .mbox && path == "-" }

    /// Makes what must be there before the first mail; refuses an mbox that is there already.
    func open() throws -> any ExportTarget {
        switch form {
        case .mbox: try MboxTarget(file: isStandardOutput ? nil : PartFile(path))
        case .maildir: try MaildirTarget(folder: path)
        case .eml: try FolderTarget(folder: path)
        }
    }
}

/// Takes exported mails. Its calls wait for a disk, so they are not for cooperative threads.
protocol ExportTarget: Sendable {
    /// - Parameter offset: how many bytes were written by the calls before.
    /// - Returns: how many bytes this mail took; nil when the same octets are there already.
    func write(_ mail: MailAnswer, _ octets: MessageOctets, at offset: UInt64) throws -> UInt64?
    func finish() throws
}

/// One file in the quoting of mboxrd.
private struct MboxTarget: ExportTarget {
    /// Nil: standard output.
    let file: PartFile?

    func write(_ mail: MailAnswer, _ octets: MessageOctets, at offset: UInt64) throws -> UInt64? {
        let received = Timestamp(iso8601: mail.received) ?? Timestamp(milliseconds: 0)
        var text = Array(FromLine.text(sender: mail.sender, received: received).utf8)
        var end = offset
        var last: UInt8 = 0x0a
        var quoting = MboxQuoting(.quote)
        try octets.eachPiece { piece in
            quoting.add(piece, to: &text)
            last = piece.last ?? last
            try put(text, at: end)
            end += UInt64(text.count)
            text.removeAll(keepingCapacity: true)
        }
        quoting.finish(to: &text)
        // A message that ends within a line gets a line end here, or the next would not be found.
        text += last == 0x0a ? [0x0a] : [0x0a, 0x0a]
        try put(text, at: end)
        return end + UInt64(text.count) - offset
    }

    private func put(_ octets: [UInt8], at offset: UInt64) throws {
        if let file {
            try file.file.write(octets, at: offset)
        } else {
            try Output.standard.writeNow(octets)
        }
    }

    func finish() throws {
        guard let file else { return }
        try file.file.sync()
        try file.finish()
        try RealDisk().syncFolder(Path.folder(of: file.path))
    }
}

/// A folder with a file for each mail: `{id}.eml`, its octets as they came.
private struct FolderTarget: ExportTarget {
    private let folder: String

    init(folder: String) throws {
        self.folder = folder
        try RealDisk().makeFolder(folder)
    }

    func write(_ mail: MailAnswer, _ octets: MessageOctets, at offset: UInt64) throws -> UInt64? {
        let path = "\(folder)/\(mail.id).eml"
        return try octets.write(to: path, part: path + ".part")
    }

    func finish() throws {
        try RealDisk().syncFolder(folder)
    }
}

/// A Maildir: written in `tmp`, whole in `new`.
private struct MaildirTarget: ExportTarget {
    private let folder: String

    init(folder: String) throws {
        self.folder = folder
        for name in ["tmp", "new", "cur"] { try RealDisk().makeFolder("\(folder)/\(name)") }
    }

    func write(_ mail: MailAnswer, _ octets: MessageOctets, at offset: UInt64) throws -> UInt64? {
        let seconds = (Timestamp(iso8601: mail.received)?.milliseconds ?? 0) / 1000
        let name = "\(seconds).\(mail.id).holdfast,S=\(octets.count)"
        return try octets.write(to: "\(folder)/new/\(name)", part: "\(folder)/tmp/\(name)")
    }

    func finish() throws {
        try RealDisk().syncFolder("\(folder)/new")
    }
}

extension MessageOctets {
    /// Writes them into a file of their own; nil when the same octets are there already.
    fileprivate func write(to path: String, part: String) throws -> UInt64? {
        guard !RealDisk().exists(path) else {
            guard try isSame(asIn: path) else { throw DiskError.exists(path: path) }
            return nil
        }
        let file = try PartFile(path, writtenAt: part)
        do {
            var end: UInt64 = 0
            try eachPiece { piece in
                try piece.withUnsafeBytes { try file.file.write($0, at: end) }
                end += UInt64(piece.count)
            }
            try file.finish()
            return end
        } catch {
            file.discard()
            throw error
        }
    }

    private func isSame(asIn path: String) throws -> Bool {
        let file = try RealDisk().open(path, forWriting: false)
        guard try file.size() == count else { return false }
        var (offset, isSame): (UInt64, Bool) = (0, true)
        try eachPiece { piece in
            guard isSame else { return }
            isSame = try file.read(upTo: piece.count, at: offset)[...] == piece
            offset += UInt64(piece.count)
        }
        return isSame
    }
}
