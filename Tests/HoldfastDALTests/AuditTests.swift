// SPDX-License-Identifier: Apache-2.0
// Which nodes are known to be gone, and what the file of a catalog must bear.

import Foundation
import HoldfastModel
import HoldfastNode
import Logging
import Testing

@testable import HoldfastCatalog
@testable import HoldfastDAL

private func storage(_ name: String, _ node: Int?) -> Registration {
    Registration(
        name: name, role: .storage, address: name,
        node: node.map { NodeID(UInt128($0)).description })
}

private func known(_ number: Int, _ name: String) -> Statistics.Node {
    Statistics.Node(id: NodeID(UInt128(number)), name: name, position: .none, entries: 1)
}

@Suite("The audit") struct AuditTests {
    @Test(
        "a node is gone when another has its name, and it has none",
        arguments: [
            ([], []),
            ([storage("a", 1), storage("b", 2)], []),
            ([storage("b", 2)], []),
            // Left out: nobody knows whose folder it would have been.
            ([storage("a", nil), storage("b", 2)], []),
            ([storage("a", 3), storage("b", 2)], [1]),
            ([storage("a", 3), storage("b", 4)], [1, 2]),
            // The names have been exchanged.
            ([storage("a", 2), storage("b", 1)], []),
            ([storage("a", 2)], [1]),
        ] as [([Registration], [UInt128])])
    func replaced(storages: [Registration], gone: [UInt128]) {
        let nodes = [known(1, "a"), known(2, "b")]
        #expect(AuditRules.replaced(nodes, by: storages).map(\.number) == gone)
    }
}

@Suite("Filling a catalog again") struct FirstSightsTests {
    private func storage(_ node: Int, at position: UInt64?) -> Registration {
        Registration(
            name: "s\(node)", role: .storage, address: "",
            node: NodeID(UInt128(node)).description, position: position)
    }

    @Test(
        "what a storage had when it was first seen must be there, and no more",
        arguments: [
            (first: 10, now: 10, held: 0, isBehind: true),
            (first: 10, now: 90, held: 9, isBehind: true),
            (first: 10, now: 90, held: 10, isBehind: false),
            // The last entries turned out to be such that cannot be shipped.
            (first: 10, now: 7, held: 7, isBehind: false),
            (first: 0, now: 5, held: 0, isBehind: false),
        ])
    func behind(first: UInt64, now: UInt64, held: UInt64, isBehind: Bool) {
        var sights = FirstSights()
        sights.look(at: [storage(1, at: first), storage(2, at: nil)])
        let later = [storage(1, at: now), storage(2, at: now)]
        let names = sights.behind(later) { _ in Position(raw: held) }
        #expect(names == (isBehind ? ["s1"] : []))
        sights.look(at: later)
        #expect(sights.behind([storage(1, at: now)]) { _ in Position(raw: held) } == names)
    }
}

@Suite("The file of a catalog") struct CatalogFileTests {
    private let quiet: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "holdfast-dal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("it has one owner at a time")
    func isLocked() throws {
        try withFolder { folder in
            let path = folder + "/catalog.sqlite"
            let first = try CatalogFile.open(path, logger: quiet)
            let error = #expect(throws: ConfigurationError.self) {
                try CatalogFile.open(path, logger: quiet)
            }
            #expect(
                error?.description.contains("is in use by another process; stop that one") == true)
            first.leave()
            try CatalogFile.open(path, logger: quiet).leave()
        }
    }

    @Test("one that is damaged, or was found so, is set aside and made anew")
    func isSetAside() throws {
        try withFolder { folder in
            let path = folder + "/catalog.sqlite"
            let garbage = Data(repeating: 7, count: 9000)
            try garbage.write(to: URL(fileURLWithPath: path))
            let file = try CatalogFile.open(path, logger: quiet)
            #expect(try file.catalog.statistics().mails == 0)
            #expect(FileManager.default.contents(atPath: path + ".broken") == garbage)
            file.leave()
            let mark = SQLiteCatalog.mark(of: path)
            #expect(FileManager.default.createFile(atPath: mark, contents: nil))
            try CatalogFile.open(path, logger: quiet).leave()
            #expect(!FileManager.default.fileExists(atPath: mark))
            #expect(FileManager.default.contents(atPath: path + ".broken") != garbage)
        }
    }

    @Test("what cannot be opened is a sentence with a cure, and moves nothing")
    func isRefused() throws {
        try withFolder { folder in
            let inTheWay = folder + "/catalog.sqlite"
            try FileManager.default.createDirectory(
                atPath: inTheWay, withIntermediateDirectories: false)
            for path in [inTheWay, folder + "/nowhere/catalog.sqlite"] {
                let error = #expect(throws: ConfigurationError.self) {
                    try CatalogFile.open(path, logger: quiet)
                }
                #expect(error?.description.contains("name a file that this user may") == true)
            }
            #expect(!FileManager.default.fileExists(atPath: inTheWay + ".broken"))
        }
    }
}
