// SPDX-License-Identifier: Apache-2.0
// Real and malformed mails, where the machine has some: HOLDFAST_CORPUS names their folder.

import Foundation
import HoldfastMIME
import HoldfastModel
import Testing

@Suite("Corpus", .enabled(if: Corpus.folder != nil))
struct CorpusTests {
    @Test("every mail is read, in time, and most give what their headers say")
    func corpus() throws {
        var tally = Tally()
        // Debug builds are slow; every tenth mail will do.
        #if DEBUG
            let step = 10
        #else
            let step = 1
        #endif
        let files = try Corpus.files()
        for place in stride(from: 0, to: files.count, by: step) {
            let file = files[place]
            tally.take([UInt8](try Data(contentsOf: file)))
        }
        print(tally.text)
        try #require(tally.mails > 0)
        #expect(tally.time < .seconds(120))
        #expect(tally.share(\.subjects) > 0.99)
        #expect(tally.share(\.senders) > 0.99)
        #expect(tally.share(\.messageIDs) > 0.99)
        #expect(tally.share(\.words) > 0.95)
    }
}

enum Corpus {
    static let folder = ProcessInfo.processInfo.environment["HOLDFAST_CORPUS"]

    static func files() throws -> [URL] {
        guard let folder else { return [] }
        let names =
            FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".eml") }.sorted()
            .map { URL(fileURLWithPath: folder).appendingPathComponent($0) }
    }
}

/// How many mails have something in a naive reading of their header, and how many of them in ours.
private struct Tally {
    struct Count {
        var written = 0
        var found = 0
    }

    var mails = 0
    var time = Duration.zero
    var subjects = Count()
    var senders = Count()
    var messageIDs = Count()
    var words = Count()

    func share(_ count: KeyPath<Tally, Count>) -> Double {
        Double(self[keyPath: count].found) / Double(max(self[keyPath: count].written, 1))
    }

    var text: String {
        "\(mails) mails in \(time), subjects \(share(\.subjects)), senders \(share(\.senders)), "
            + "message ids \(share(\.messageIDs)), words \(share(\.words))"
    }

    mutating func take(_ message: [UInt8]) {
        var summary = Summary()
        var words = ""
        time += ContinuousClock().measure {
            summary = MessageReader.summary(of: message)
            words = MessageReader.words(of: message)
            _ = MessageReader.readable(of: message)
        }
        mails += 1
        let header = Self.header(message)
        Self.note(&subjects, header["subject"], !summary.subject.isEmpty)
        Self.note(&senders, header["from"], !summary.from.isEmpty)
        Self.note(&messageIDs, header["message-id"], !summary.messageID.isEmpty)
        if !words.isEmpty { self.words.found += 1 }
        self.words.written += 1
    }

    private static func note(_ count: inout Count, _ written: String?, _ isFound: Bool) {
        guard let written, written.contains(where: { $0.isLetter || $0.isNumber }) else { return }
        count.written += 1
        if isFound { count.found += 1 }
    }

    /// Line by line until the first empty one; only what stands on a field's own line.
    private static func header(_ message: [UInt8]) -> [String: String] {
        var header: [String: String] = [:]
        for line in message.split(separator: 0x0a, omittingEmptySubsequences: false) {
            let text = String(decoding: line.filter { $0 != 0x0d }, as: UTF8.self)
            if text.isEmpty { break }
            guard let colon = text.firstIndex(of: ":"), text.first?.isWhitespace == false else {
                continue
            }
            let name = text[..<colon].lowercased()
            if header[name] == nil { header[name] = String(text[text.index(after: colon)...]) }
        }
        return header
    }
}
