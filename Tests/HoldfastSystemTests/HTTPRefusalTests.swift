// SPDX-License-Identifier: Apache-2.0
// What the real HTTP port refuses.

import Foundation
import Testing

@Suite("Refused by HTTP", .enabled(if: program != nil), .serialized)
struct HTTPRefusalTests {
    private static let mails = "/gateway/gateway/mails?sender=a@b.c&recipient=d@e.f"

    @Test("without the token of the installation every call gets 401")
    func token() throws {
        let box = try Appliance()
        try box.start()
        for (method, path) in [
            ("GET", "/health"), ("GET", "/metrics"), ("GET", "/nowhere"), ("POST", Self.mails),
            ("POST", "/gateway/gateway/mails/batch"), ("GET", "/registry/registry/nodes"),
            ("PUT", "/registry/registry/nodes/x"), ("DELETE", "/registry/registry/nodes/storage-1"),
            ("GET", "/dal/dal/mails?q="), ("GET", "/dal/dal/mails/count?q="),
            ("POST", "/dal/dal/orders"), ("GET", "/storage/storage-1/records/1/0"),
            ("POST", "/storage/storage-1/expiry"),
            ("POST", "/storage/storage-1/queues/input/items"),
            ("POST", "/storage/storage-1/queues/index/leases"), ("GET", "/helper/helper/status"),
        ] {
            for header in [
                "X-No: token", "Authorization: Bearer x", "Authorization: Basic eDp5",
                "Authorization: Bearer \(String(repeating: "x", count: 51))",
            ] {
                let status = try box.ask(method, path, header: header).status
                #expect(status == 401, "\(method) \(path) \(header)")
            }
        }
        try box.expectTaken(0)
    }

    @Test("bodies that are too large get 413, declared or in chunks, and nothing is taken in")
    func tooLarge() throws {
        let box = try Appliance()
        try box.set("message_bytes_max", "100000")
        try box.start()
        let body = [UInt8](repeating: 120, count: 20 << 20)
        for (path, bytes) in [
            (Self.mails, 100_001), ("/gateway/gateway/mails/batch", body.count),
            ("/dal/dal/mails/known", 3 << 20), ("/dal/dal/orders", 3 << 20),
            ("/storage/storage-1/queues/index/leases", 3 << 20),
            ("/storage/storage-1/queues/input/items", body.count),
        ] {
            let status = try box.ask("POST", path, body: Array(body.prefix(bytes))).status
            #expect(status == 413, "\(path)")
        }
        let piece = String(repeating: "x", count: 10_000)
        let chunks = String(repeating: "2710\r\n\(piece)\r\n", count: 11) + "0\r\n\r\n"
        let answer = try box.ask(
            "POST", Self.mails, header: chunked(box), body: Array(chunks.utf8))
        #expect(answer.status == 413)
        try box.expectTaken(0)
    }

    private func chunked(_ box: Appliance) throws -> String {
        let token = try String(contentsOfFile: box.folder + "/token", encoding: .utf8)
        return "Authorization: Bearer \(token.trimmingCharacters(in: .whitespacesAndNewlines))\r\n"
            + "Transfer-Encoding: chunked"
    }

    @Test("garbage and bodies that break off take nothing in, and the next call is answered")
    func garbage() throws {
        let box = try Appliance()
        try box.start()
        let head = "POST \(Self.mails) HTTP/1.1\r\nHost: test\r\n\(try chunked(box))\r\n"
        let declared = head.replacing("Transfer-Encoding: chunked", with: "Content-Length: 1000")
        for text in [
            "\u{16}\u{3}\u{1}\0\u{1}\0\r\n\r\n", "EHLO x\r\nMAIL FROM:<a@b.c>\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n",
            "GET / HTTP/1.1\r\n\(String(repeating: "X-Field: x\r\n", count: 50_000))\r\n",
            "GET /\(String(repeating: "x", count: 500_000)) HTTP/1.1\r\n\r\n",
            "\(head)\r\nzz\r\nabc\r\n0\r\n\r\n", "\(head)\r\n-3\r\nabc\r\n0\r\n\r\n",
            "\(head)\r\nffffffffffffffff\r\nabc\r\n0\r\n\r\n", "\(head)\r\n5\r\nabc",
            "\(head)\r\n3\r\nabc\r\n", "\(declared)\r\nSubject: half\r\n\r\ntext\r\n",
            "\(declared)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ] {
            let status = try box.ask(Array(text.utf8)).status
            #expect(status != 200, "\(text.prefix(120).debugDescription)")
        }
        let half = "\(declared)\r\nSubject: half\r\n\r\ntext\r\n"
        #expect(try box.ask(Array(half.utf8)).status == 400, "a body that ends too soon")
        for (path, body) in [
            ("/storage/storage-1/queues/input/items", "garbage"),
            ("/storage/storage-1/queues/index/results", "garbage"),
            ("/storage/storage-1/queues/index/leases", "{"), ("/dal/dal/orders", "[]"),
            ("/gateway/gateway/mails/batch", "garbage"),
            ("/gateway/gateway/mails?sender=a@b.c", "no recipient"),
            ("/gateway/gateway/mails?sender=a%0D%0Ab&recipient=d@e.f", "control characters"),
        ] {
            let answer = try box.ask("POST", path, body: Array(body.utf8))
            #expect(answer.status == 400, "\(path) \(answer.text)")
        }
        try box.expectTaken(0)
    }
}
