// SPDX-License-Identifier: Apache-2.0
// Real and malformed mail: octets in are octets out.

import Foundation
import Testing

@Suite("The corpus", .enabled(if: program != nil && corpus != nil), .serialized)
struct CorpusTests {
    @Test(
        "every mail of the corpus is imported once, found by its SHA-256, and comes out as it came")
    func corpusInAndOut() throws {
        let source = try #require(corpus)
        let box = try Appliance("--storages", "1")
        try box.start()
        let imported = try box.verb("import", source)
        #expect(imported.code == 0, "\(imported.messages)")
        var sums: Set<String> = []
        let files = FileManager.default.enumerator(atPath: source)
        while let name = files?.nextObject() as? String {
            guard name.hasSuffix(".eml") else { continue }
            sums.insert(sha256(try contents(source + "/" + name)))
        }
        try waitUntil("all are found", seconds: 120) { try box.count("") == sums.count }
        let again = try box.verb("import", source)
        #expect(again.code == 0)
        #expect(try box.count("") == sums.count, "a second import stores nothing twice")
        #expect(try box.verb("export", "", "--to", "eml:\(box.folder)/out").code == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: box.folder + "/out")
        let exported = try names.map { sha256(try contents("\(box.folder)/out/\($0)")) }
        #expect(Set(exported) == sums)
        for sum in sums.shuffled().prefix(200) {
            let id = try box.verb("search", "sha256:\(sum)", "--format", "ids").line
            #expect(sha256(try box.verb("show", "--raw", id).output) == sum)
        }
    }
}
