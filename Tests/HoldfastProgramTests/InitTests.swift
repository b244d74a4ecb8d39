// SPDX-License-Identifier: Apache-2.0
// What `init` makes, and that it makes all of it or nothing.

import Foundation
import HoldfastCatalog
import HoldfastDAL
import HoldfastDisk
import HoldfastGateway
import HoldfastSegments
import HoldfastStorage
import Testing

@testable import holdfast

@Suite struct InitTests {
    private let appliance = Appliance(
        http: HostAndPort(host: "127.0.0.1", port: 1), smtp: "127.0.0.1:2",
        lmtp: "unix:/run/a \"b\"",
        storages: 3, copies: 2, smarthost: "127.0.0.1:3")

    @Test("the configuration says what was asked for, and is valid")
    func configuration() throws {
        let installation = try Installation(text: appliance.configuration, file: "/a/holdfast.toml")
        #expect(installation.node.http.port == 1)
        #expect(
            installation.storages.map(\.configuration.folder) == [
                "/a/storage-1", "/a/storage-2", "/a/storage-3",
            ])
        #expect(installation.storages.allSatisfy { $0.configuration.copiesMayShareADisk })
        let gateway = try #require(installation.gateway?.configuration)
        #expect(gateway.component.copies == 2)
        #expect(gateway.component.smtp?.description == "127.0.0.1:2")
        #expect(gateway.component.lmtp?.description == "unix:/run/a \"b\"")
        #expect(gateway.component.smarthost?.description == "127.0.0.1:3")
        #expect(gateway.spool == "/a/spool")
        #expect(installation.dal?.configuration.acks.disksMayBeShared == true)
    }

    @Test("one copy needs no sharing of a disk")
    func oneCopy() throws {
        var appliance = appliance
        appliance.copies = 1
        let installation = try Installation(text: appliance.configuration, file: "/a/holdfast.toml")
        #expect(!installation.storages.contains { $0.configuration.copiesMayShareADisk })
        #expect(!appliance.sharesADisk)
    }

    @Test("the folder is complete, and its secrets are no one else's")
    func makes() throws {
        try withFolder { folder in
            try appliance.make(in: folder + "/new/er")
            let names = try RealDisk().names(in: folder + "/new/er")
            #expect(
                names == [
                    "holdfast.toml", "keys", "spool", "storage-1", "storage-2", "storage-3",
                    "token",
                ])
            let installation = try Installation(file: folder + "/new/er/holdfast.toml")
            #expect(try installation.token().utf8.count >= 40)
            #expect(try installation.keys().newest == 1)
            for name in ["token", "keys"] {
                var status = stat()
                #expect(stat(folder + "/new/er/" + name, &status) == 0)
                #expect(status.st_mode & 0o027 == 0, "\(name) can be read by others")
            }
        }
    }

    @Test("a folder with anything in it stays as it is")
    func refuses() throws {
        try withFolder { folder in
            try RealDisk().write([1], to: folder + "/mine")
            let failure = try #require(throws: Failure.self) { try appliance.make(in: folder) }
            #expect(failure.code == .badQuery)
            #expect(try RealDisk().names(in: folder) == ["mine"])
        }
    }

    @Test("nothing half-written is left when it fails")
    func cleansUp() throws {
        try withFolder { folder in
            // A file stands where a folder should.
            try RealDisk().write([1], to: folder + "/file")
            for name in ["/file", "/file/under"] {
                let failure = try #require(throws: Failure.self) {
                    try appliance.make(in: folder + name)
                }
                #expect(failure.code == .badQuery)
                #expect(
                    failure.description.contains("\(folder)/file is a file, and a folder is needed")
                )
            }
            let failure = try #require(throws: Failure.self) { try appliance.make(in: "/proc/x") }
            #expect(failure.code == .badQuery && !failure.description.contains("not there"))
            #expect(try RealDisk().names(in: folder) == ["file"])
        }
    }

    @Test("each port 0 becomes a free port of its own")
    func freePorts() throws {
        let ports = FreePorts()
        let any = HostAndPort(host: "127.0.0.1", port: 0)
        let found = try (0..<5).map { _ in try ports.resolved(any).port }
        #expect(Set(found).count == 5)
        #expect(!found.contains(0))
        #expect(throws: Listening.Problem.self) {
            try Listening.check(HostAndPort(host: "127.0.0.1", port: found[0]))
        }
    }
}

/// Gives a folder of its own to a test, and takes it away.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}
