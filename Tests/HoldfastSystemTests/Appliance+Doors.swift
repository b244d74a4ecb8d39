// SPDX-License-Identifier: Apache-2.0
// The doors of an appliance: SMTP, LMTP and HTTP, as octets on sockets.

import Foundation
import Testing

/// A door by which mail comes.
enum Door: CaseIterable {
    case smtp, lmtp
}

extension Appliance {
    /// A conversation that has been greeted.
    func connect(
        to door: Door = .smtp, patience: Int = MailSocket.patienceSeconds
    ) throws
        -> MailSocket
    {
        let client =
            door == .smtp
            ? try MailSocket(port: smtp, patience: patience)
            : try MailSocket(path: lmtp, patience: patience)
        try #require(client.reply().hasPrefix("220 "))
        try #require(client.command(door == .smtp ? "EHLO test" : "LHLO test").hasPrefix("250 "))
        return client
    }

    /// Sends octets to the HTTP port as they are, and hears them out.
    ///
    /// - Returns: the status, nil when the server hung up without one; and the whole answer.
    func ask(_ octets: [UInt8]) throws -> (status: Int?, text: String) {
        let client = try MailSocket(port: http)
        // Whoever refuses a body need not read it.
        try? client.send(octets)
        client.endSending()
        var lines: [String] = []
        while let line = try client.line() { lines.append(line) }
        if !client.rest.isEmpty { lines.append(client.rest) }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (status, lines.joined(separator: "\n"))
    }

    /// A call with the token, or with what is given instead.
    func ask(
        _ method: String, _ path: String, header: String? = nil, body: [UInt8] = []
    ) throws -> (status: Int?, text: String) {
        let token = try String(contentsOfFile: folder + "/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let header = header ?? "Authorization: Bearer \(token)\r\nContent-Length: \(body.count)"
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: test\r\n\(header)\r\n\r\n"
        return try ask(Array(head.utf8) + body)
    }

    /// A figure of the gateway, as `GET /metrics` has it.
    func figure(_ name: String) throws -> Int? {
        let line = try ask("GET", "/metrics").text.split(separator: "\n")
            .first { $0.hasPrefix("holdfast_gateway_\(name){") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    /// The gateway has taken in so many mails and no more, and takes in another one as ever.
    func expectTaken(
        _ count: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try waitUntil("nobody is connected") { try figure("connections") == 0 }
        #expect(try figure("mails_total") == count, sourceLocation: sourceLocation)
        let message = StoryTests.message(0)
        let said = try connect().mail(message, from: "amy@example.org", to: ["last@example.com"])
        #expect(said.hasPrefix("250 "), sourceLocation: sourceLocation)
        try waitUntil("the last mail is found") { try self.count("rcpt:last@example.com") == 1 }
        #expect(try self.count("") == count + 1, sourceLocation: sourceLocation)
    }
}
