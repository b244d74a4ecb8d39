// SPDX-License-Identifier: Apache-2.0
// Components take time, chance and disk from the machine that they are given.

import Foundation
import Testing

@Suite("what a simulation can stand in for")
struct MachineRuleTests {
    @Test(
        "no component asks the system for time, chance or a disk",
        arguments: ["Storage", "DAL", "Gateway", "Helper", "Registry"])
    func asksTheMachine(component: String) throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/Holdfast\(component)")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var count = 0
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            count += 1
            let name = file.lastPathComponent
            // Files and sockets of their own, which no simulation has.
            guard name != "CatalogFile.swift", name != "MailListener.swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for word in ["Task.sleep", "SystemRandomNumberGenerator", "Date()", "RealDisk()"] {
                #expect(!text.contains(word), "\(name) names \(word): see decision 0025")
            }
        }
        #expect(count > 1)
    }
}
