// SPDX-License-Identifier: Apache-2.0
// The configuration file: what it takes, what it refuses, and that its texts say the same.

import Foundation
import HoldfastGateway
import HoldfastNode
import HoldfastSegments
import HoldfastStorage
import Testing

@testable import holdfast

@Suite struct ConfigurationTests {
    @Test("etc/holdfast/holdfast.toml, which the package installs, is the text that init fills in")
    func packagedConfiguration() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../etc/holdfast/holdfast.toml")
        var text = ConfigurationText(ConfigurationTemplate.text)
        text.set("[node]", "token_file", to: .text("secrets/token"))
        text.set("[node]", "key_file", to: .text("secrets/keys"))
        let data = "/var/lib/holdfast"
        text.set("[node]", "disks_file", to: .text("/var/lib/holdfast/disks.json"))
        text.set("[registry]", "links_file", to: .text("\(data)/links.json"))
        text.set("[[storage]]", "folder", to: .text("\(data)/storage-1"))
        text.set("[dal]", "database", to: .text("sqlite:\(data)/catalog.sqlite"))
        text.set("[gateway]", "spool", to: .text("\(data)/spool"))
        // By a port: Debian's Postfix sees no socket outside its chroot.
        text.set("[gateway]", "lmtp", to: .text("127.0.0.1:2424"))
        if ProcessInfo.processInfo.environment["HOLDFAST_REWRITE"] != nil {
            try text.text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text.text)
        let installation = try Installation(text: text.text, file: "/etc/holdfast/holdfast.toml")
        // Nothing is written outside: the unit may not.
        #expect(installation.gateway?.configuration.spool == "\(data)/spool")
        #expect(installation.registry?.configuration == "\(data)/links.json")
        #expect(installation.storages.map(\.configuration.folder) == ["\(data)/storage-1"])
    }

    @Test(
        "files of conf.d go before, in order; a storage of the same name is changed, others added")
    func addedFiles() throws {
        let text = """
            [registry]
            [gateway]
            copies = 1
            keep_days = 30
            [[storage]]
            name = "a"
            segment_bytes_max = 2097152
            """
        let added = try [
            "[gateway]\ncopies = 2\n[[storage]]\nname = \"a\"\nfolder = \"/mnt/a\"",
            "[gateway]\ncopies = 3\n[[storage]]\nname = \"b\"\nfolder = \"/mnt/b\"",
        ].map { try ConfigurationFile($0) }
        let installation = try Installation(text: text, added: added, file: "/x/holdfast.toml")
        let gateway = try #require(installation.gateway?.configuration.component)
        #expect(gateway.copies == 3)
        #expect(gateway.keepDays == 30)
        #expect(installation.storages.map(\.name) == ["a", "b"])
        #expect(installation.storages.map(\.configuration.folder) == ["/mnt/a", "/mnt/b"])
        #expect(installation.storages[0].configuration.segments.segmentBytesMax == 2 << 20)
    }

    @Test("what is wrong in a file of conf.d names that file")
    func wrongAddedFile() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "holdfast-conf-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: "\(folder)/conf.d", withIntermediateDirectories: true)
        let file = "\(folder)/holdfast.toml"
        try "[registry]\n".write(toFile: file, atomically: true, encoding: .utf8)
        for (added, sentence) in [
            ("[nodes]", "conf.d/20-mine.toml: [nodes] is not a section"),
            ("[dal]\nack_copies = 99", "holdfast.toml with 20-mine.toml: [dal] ack_copies is 99"),
        ] {
            try added.write(
                toFile: "\(folder)/conf.d/20-mine.toml", atomically: true, encoding: .utf8)
            let failure = try #require(throws: Failure.self) { try Installation(file: file) }
            #expect("\(failure)".contains(sentence), "\(failure)")
        }
        // Only *.toml is read: editors leave other files.
        try FileManager.default.moveItem(
            atPath: "\(folder)/conf.d/20-mine.toml", toPath: "\(folder)/conf.d/20-mine.toml~")
        _ = try Installation(file: file)
    }

    @Test("every key that is commented out is accepted, and shows its default")
    func documentedDefaults() throws {
        let documented = ConfigurationTemplate.text.split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .map { $0.firstMatch(of: #/^\#[a-z_]+ = /#) == nil ? $0 : $0.dropFirst() }
        .joined(separator: "\n")
        let spoken = try Installation(text: documented, file: "/x/holdfast.toml")
        let silent = try Installation(text: ConfigurationTemplate.text, file: "/x/holdfast.toml")
        #expect("\(spoken)" == "\(silent)")
    }

    @Test(
        "every key that a section knows is documented",
        arguments: [
            "[node]", "[registry]", "[helper]", "[storage_defaults]", "[[storage]]", "[dal]",
            "[gateway]",
        ])
    func documentedKeys(section: String) throws {
        let text = ConfigurationTemplate.text
        let wrong = text.replacing("\n\(section)\n", with: "\n\(section)\nnobody_knows_this = 1\n")
        let error = try #require(throws: ConfigurationError.self) {
            try Installation(text: wrong, file: "holdfast.toml")
        }
        let list = try #require(error.description.split(separator: "there are: ").last)
        var body = try #require(text.split(separator: "\n\(section)\n").last)
        if section != "[[storage]]" {
            body = body.prefix(upTo: body.range(of: "\n[")?.lowerBound ?? body.endIndex)
        }
        let keys = list.split(separator: ", ")
        #expect(Set(keys).count == keys.count, "no key is listed twice")
        for key in keys {
            let isDocumented = body.contains("\n\(key) = ") || body.contains("\n#\(key) = ")
            let isShared = section == "[[storage]]" && text.contains("\n#\(key) = ")
            #expect(isDocumented || isShared, "\(section) \(key)")
        }
    }

    @Test(
        "what is wrong is said in one sentence that names the key and the cure",
        arguments: [
            (
                "[node]\nhttp = 7420",
                "[node] http must be a text in quotes, like \"127.0.0.1:7420\""
            ),
            ("[node]\nhttp = \"nowhere\"", "[node] http is \"nowhere\"; it must be HOST:PORT"),
            (
                "[node]\nhttp = \"127.0.0.1:0\"",
                "[node] http has port 0; it must be from 1 to 65535"
            ),
            ("[node]\nhttp = \"0.0.0.0:1\"", "[node] address must be set to HOST:PORT"),
            (
                "[node]\nhttp = \"10.0.0.1:7420\"\n[registry]\n",
                "which other machines reach without TLS: listen on 127.0.0.1 behind a tunnel"
            ),
            (
                "[node]\nlog_level = \"loud\"",
                "[node] log_level is \"loud\"; it must be one of \"trace\""
            ),
            (
                "[node]\nregistries = [\"10.0.0.1\"]",
                "it must be like \"http://10.0.0.1:7420/registry"
            ),
            ("[node]\n", "[node] registries must name a Registry"),
            ("[nodes]\n", "[nodes] is not a section; there are: [node], [registry]"),
            ("[registry]\nname = \"a/b\"", "[registry] name is \"a/b\"; it must be 1 to 63"),
            (
                "[registry]\n[gateway]\ncopies = 99",
                "[gateway] copies is 99; it must be from 1 to 16"
            ),
            (
                "[registry]\n[gateway]\ncopies = 1.5",
                "[gateway] copies must be a whole number, like 1"
            ),
            ("[registry]\n[gateway]\nport = 25", "[gateway] port is not a key of this section"),
            ("[registry]\n[storage]\n", "[storage] must be written [[storage]], one for each disk"),
            ("[registry]\n[[storage]]\nsize = 1", "[[storage]] size is not a key"),
            (
                "[registry]\n[[storage]]\nname = \"a\"\n[[storage]]\nname = \"a\"\nfolder = \"b\"",
                "[[storage]] name \"a\" comes twice"
            ),
            (
                "[registry]\n[[storage]]\nfolder = \"a\"\n[[storage]]\nfolder = \"a\"",
                "is named by storage-1 and storage-2"
            ),
            (
                "[registry]\n[gateway]\nspool = \"a\"\n[[storage]]\nfolder = \"a\"",
                "is named by gateway and storage-1"
            ),
            (
                "[registry]\n[helper]\nname = \"x\"\n[dal]\nname = \"x\"",
                "[dal] name \"x\" comes twice ([helper])"
            ),
            (
                "[registry]\n[node]\nhttp = \"127.0.0.1:7420\"\n[gateway]\nsmtp = \"127.0.0.1:7420\"",
                "[gateway] smtp = \"127.0.0.1:7420\" is the address of [node] http too"
            ),
            (
                "[registry]\n[storage_defaults]\nname = \"a\"",
                "[storage_defaults] name is not a key"
            ),
            ("[registry\n", "line 1 is not TOML"),
        ])
    func mistakes(text: String, sentence: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Installation(text: text, file: "holdfast.toml")
        }
        #expect(error.description.contains(sentence), "\(error)")
        #expect(!error.description.contains("\n"))
    }

    @Test("a storage's own value goes before the shared one, and paths begin at the file")
    func storages() throws {
        let text = """
            [registry]
            [storage_defaults]
            segment_bytes_max = 2097152
            [[storage]]
            [[storage]]
            folder = "/mnt/b/mail"
            segment_bytes_max = 4194304
            """
        let storages = try Installation(text: text, file: "etc/holdfast.toml").storages
        #expect(storages.map(\.name) == ["storage-1", "storage-2"])
        #expect(storages.map(\.configuration.folder) == ["etc/storage-1", "/mnt/b/mail"])
        #expect(storages.map(\.configuration.segments.segmentBytesMax) == [2 << 20, 4 << 20])
    }

    @Test("the Registry of this process is asked first, and no Registry twice")
    func registries() throws {
        let text = """
            [node]
            http = "10.0.0.1:1"
            insecure_http = true
            registries = ["http://10.0.0.2:1/registry/b", "http://10.0.0.1:1/registry/registry"]
            [registry]
            """
        let installation = try Installation(text: text, file: "holdfast.toml")
        #expect(
            installation.registries == [
                "http://10.0.0.1:1/registry/registry", "http://10.0.0.2:1/registry/b",
            ])
    }

    @Test("rules for some mails are read, one after the other")
    func mailRules() throws {
        let text = """
            [registry]
            [gateway]
            [[gateway.rules]]
            recipients = ["amy@example.org", "@example.net"]
            keep_days = 7
            [[gateway.rules]]
            senders = "@example.com"
            copies = 2
            """
        #expect(try Installation(text: text, file: "holdfast.toml").gateway != nil)
    }

    @Test(
        "a rule that cannot be meant is an error that names it",
        arguments: [
            ("keep_days = 0", "[[gateway.rules]] keep_days is 0; it must be from 1 to 400"),
            (
                "senders = [\"@a\"]",
                "[[gateway.rules]] keep_days or copies, encrypt or compress must say what the rule gives"
            ),
            ("copies = 1\nto = \"@a\"", "[[gateway.rules]] to is not a key of this section"),
            ("copies = 1\nsenders = [\"amy\"]", "[[gateway.rules]] senders has \"amy\""),
        ])
    func wrongMailRules(rule: String, words: String) {
        let text = "[registry]\n[gateway]\n[[gateway.rules]]\n" + rule
        let error = #expect(throws: ConfigurationError.self) {
            try Installation(text: text, file: "holdfast.toml")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(
        "host and port are read with and without brackets",
        arguments: [
            ("127.0.0.1:25", "127.0.0.1", 25), ("[::1]:0", "::1", 0),
            ("mail.example:65535", "mail.example", 65535),
        ])
    func hostAndPort(text: String, host: String, port: Int) throws {
        let address = try #require(HostAndPort(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: ["", "25", ":25", "a:b", "a:65536", "::1:25", "a b:1", "a/b:1"])
    func noHostAndPort(text: String) {
        #expect(HostAndPort(text) == nil)
    }
}
