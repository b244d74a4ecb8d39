// SPDX-License-Identifier: Apache-2.0
// R16: what feeds what is changed while mail flows, and a processor is put in between.

import Foundation
import HoldfastModel
import HoldfastNode
import Testing

@Suite("Links", .enabled(if: program != nil), .serialized)
struct LinkTests {
    @Test(
        "a processor is put between gateways and storages and taken out again under load; nothing is lost"
    )
    func processor() async throws {
        let thread = DiskThread(name: "links test")
        defer { thread.stop() }
        let (port, registry) = (try Ports.free(), try Ports.free())
        try await Tagger().serving(
            port: port, token: Cluster.token,
            registry: "http://127.0.0.1:\(registry)/registry/registry-1"
        ) {
            try await thread.run {
                let cluster = try Cluster(
                    registryPorts: [registry], storages: 2, gateway: "copies = 2")
                try cluster.start()
                try story(cluster)
            }
        }
    }

    private func story(_ cluster: Cluster) throws {
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        try waitUntil("mail flows past the processor") { try cluster.count("") > 50 }
        #expect(try cluster.count("subject:\(Tagger.tag)") == 0)

        // In between: at no moment is there a way past it, or none at all.
        let direct = Link(from: .gateway, "tasks", to: .storage, "input")
        let to = Link(from: .gateway, "tasks", to: Tagger.role, "input")
        let from = Link(from: Tagger.role, "output", to: .storage, "input")
        let others = Link.standard.filter { $0 != direct }
        try set([to, from] + others, in: cluster)
        try waitUntil("mail flows through the processor", seconds: 60) {
            try cluster.count("subject:\(Tagger.tag)") > 50
        }
        // Out again: first nothing goes in, then nothing need come out.
        try set([direct, from] + others, in: cluster)
        try waitUntil("mail flows past it again", seconds: 60) {
            let last = promises.all.count
            Thread.sleep(forTimeInterval: 1)
            return try cluster.count("-subject:\(Tagger.tag)") > 100 && promises.all.count > last
        }
        let removed = try cluster.links("remove", "tagger.output", "storage.input")
        #expect(removed.code == 0, "\(removed.messages)")
        #expect(removed.text.contains("Number 4"))
        // A Registry that begins anew still has them.
        try cluster.registries[0].kill()
        try cluster.registries[0].start()
        try waitUntil("the links are those that were set") {
            try cluster.verb("links").text.contains("Number 4")
        }
        senders.stop()
        try cluster.check(promises.all, copies: 2)
        try cluster.waitUntilQuiet()
    }

    private func set(_ links: [Link], in cluster: Cluster) throws {
        let file = cluster.folder + "/links.json"
        let document = try JSONEncoder().encode(["links": links])
        try document.write(to: URL(fileURLWithPath: file))
        let ran = try cluster.links("set", file)
        #expect(ran.code == 0, "\(ran.messages)")
    }

    @Test("what cannot be a link is refused with a sentence, and what is cut off is named")
    func mistakes() throws {
        let box = try Appliance()
        try box.start()
        #expect(try box.verb("links").text.contains("gateway.tasks  storage.input"))
        let cases: [(words: [String], code: Int32, says: String)] = [
            (["add", "gateway.tasks", "storage.input"], 2, "there is a link"),
            (["remove", "gateway.tasks", "tagger.input"], 1, "there is no link"),
            (["add", "gateway", "storage.input"], 2, "gateway"),
            (["set", "/nonexistent"], 2, "/nonexistent"),
            (["set", box.configuration], 2, "holds no links"),
            (["remove", "storage.sync", "storage.input"], 0, "nothing carries from storage.sync"),
            (["add", "storage.sync", "storage.input"], 0, ""),
        ]
        for (words, code, says) in cases {
            let ran = try Appliance.run(
                ["links", words[0], "--config", box.configuration] + words.dropFirst())
            #expect(ran.code == code, "\(words): \(ran.messages)")
            #expect(says.isEmpty || ran.messages.contains(says), "\(words): \(ran.messages)")
        }
        // What is printed can be set, from a pipe too.
        let piped = try ran(
            [
                "/bin/sh", "-c", "$0 links --config $1 --format json | $0 links set --config $1 -",
                program ?? "", box.configuration,
            ])
        #expect(piped.code == 0, "\(piped.messages)")
    }
}
