// SPDX-License-Identifier: Apache-2.0
// Inviting a machine, and what it writes when it joins.

import HoldfastDisk
import HoldfastModel
import HoldfastStorage
import Testing

@testable import holdfast

@Suite struct JoinTests {
    private static let (right, wrong) = (digest(1), digest(2))

    private static func digest(_ word: UInt64) -> Digest { Digest(words: (word, 0, 0, 0)) }

    @Test("a code works once, and for a quarter of an hour")
    func once() {
        var book = InvitationBook()
        let end = Int64(InvitationBook.minutes) * 60_000
        let added = book.add(Self.right, now: 0)
        #expect(added)
        #expect(book.redeem(Self.wrong, now: 1) == .unknown)
        #expect(book.redeem(Self.right, now: end - 1) == .welcome)
        #expect(book.redeem(Self.right, now: end - 1) == .unknown)
        _ = book.add(Self.right, now: 0)
        #expect(book.redeem(Self.right, now: end) == .unknown)
    }

    @Test("whoever guesses is put off, and keeps nobody else from joining")
    func guessing() {
        var book = InvitationBook()
        _ = book.add(Self.right, now: 0)
        for _ in 0..<InvitationBook.failuresMax {
            #expect(book.redeem(Self.wrong, now: 10) == .unknown)
        }
        #expect(book.redeem(Self.wrong, now: 11) == .tooManyTries)
        #expect(book.redeem(Self.right, now: 11) == .welcome)
        let later = 10 + InvitationBook.failureMilliseconds
        #expect(book.redeem(Self.wrong, now: later) == .unknown)
    }

    @Test("so many invitations stand at a time, and no more")
    func limited() {
        var book = InvitationBook()
        for number in 0..<InvitationBook.openMax {
            let added = book.add(Self.digest(UInt64(number)), now: 0)
            #expect(added)
        }
        let isOneTooMany = !book.add(Self.digest(99), now: 1)
        #expect(isOneTooMany)
        let isAddedLater = book.add(Self.digest(99), now: Int64(InvitationBook.minutes) * 60_000)
        #expect(isAddedLater)
    }

    @Test("a code is read however it is typed, and nothing else is one")
    func codes() throws {
        var random = SystemRandomNumberGenerator()
        let code = InvitationCode(using: &random)
        #expect(InvitationCode(code.description.lowercased()) == code)
        #expect(InvitationCode(" " + code.description.filter { $0 != "-" } + "\n") == code)
        #expect(code != InvitationCode(using: &random))
        for text in ["", "AAAAA", code.description + "A", "UUUUU-UUUUU-UUUUU-UUUUU"] {
            #expect(InvitationCode(text) == nil)
        }
    }

    @Test(
        "where to join is as `invite` prints it",
        arguments: [
            ("http://10.0.0.1:7420/registry/r#", nil), ("https://10.0.0.1:7420", nil),
            ("10.0.0.1:7420", nil), ("http://10.0.0.1", nil), ("http://h:1#short", nil),
            ("http://10.0.0.1:7420", "http://10.0.0.1:7420/registry/registry"),
            ("http://[::1]:7420/", "http://[::1]:7420/registry/registry"),
            ("http://h:1/registry/r#00000-00000-00000-00000", "http://h:1/registry/r"),
        ] as [(String, String?)])
    func places(text: String, registry: String?) {
        #expect(JoinPlace(text)?.registry == registry)
    }

    private static let machine = JoinedMachine(
        http: HostAndPort(host: "10.0.0.2", port: 7420), storages: 2, host: "Attic_1.example.org",
        registry: "http://10.0.0.1:7420/registry/one",
        answer: JoinAnswer(
            token: "abcdefghijklmnopqrstuvwxyz",
            registries: [
                "http://127.0.0.1:7420/registry/one", "http://10.0.0.9:7420/registry/two",
            ], names: ["storage-attic1-1", "gateway"]))

    @Test("a machine that joins has storages with names of their own, and nothing else")
    func configuration() throws {
        let text = Self.machine.configuration
        let made = try Installation(text: text, file: "/a/holdfast.toml")
        #expect(made.storages.map(\.name) == ["storage-attic1-2", "storage-attic1-3"])
        #expect(made.storages[0].configuration.folder == "/a/storage-attic1-2")
        #expect(made.gateway == nil && made.dal == nil && made.helper == nil)
        #expect(
            made.registries == [
                "http://10.0.0.1:7420/registry/one", "http://10.0.0.9:7420/registry/two",
            ])
        #expect(made.node.keyFile == nil)
        // Its comments are those of the whole file, as far as it goes.
        #expect(text.contains("# One disk, one [[storage]]."))
        #expect(!text.contains("Gateway"))
        #expect(text.hasPrefix("# The configuration of Holdfast.\n"))
    }

    @Test("its folder is complete: token, storages, and nothing that it does not need")
    func makes() throws {
        try withFolder { folder in
            try Self.machine.make(in: folder + "/new")
            #expect(
                try RealDisk().names(in: folder + "/new") == [
                    "holdfast.toml", "storage-attic1-2", "storage-attic1-3", "token",
                ])
            let made = try Installation(file: folder + "/new/holdfast.toml")
            #expect(try made.token() == "abcdefghijklmnopqrstuvwxyz")
        }
    }
}
