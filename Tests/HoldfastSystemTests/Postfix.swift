// SPDX-License-Identifier: Apache-2.0
// A real Postfix beside the system's own, as several can run on one machine.

import Foundation
import Testing

/// One Postfix with a configuration, a queue and a port of its own. It ends with the test, however
/// that ends, and its folder goes with it.
final class Postfix {
    /// Only root can start it.
    static let isHere = access("/usr/sbin/postfix", X_OK) == 0 && geteuid() == 0
    static let reason: Comment =
        "`packaging/setup --tests` installs Postfix; only root can start it"

    let folder = "/tmp/holdfast-postfix-\(UInt32.random(in: 0...UInt32.max))"
    let port: Int
    private var master: Child?

    init() throws {
        port = try Ports.free()
        // Its parts run as a user of their own.
        for name in ["", "/etc", "/queue", "/data"] {
            try FileManager.default.createDirectory(
                atPath: folder + name, withIntermediateDirectories: true)
            chmod(folder + name, 0o755)
        }
        guard let user = getpwnam("postfix") else { throw NeverHappened(what: "user postfix") }
        chown(folder + "/data", user.pointee.pw_uid, user.pointee.pw_gid)
    }

    deinit {
        // Its parts end when it does.
        master?.killGroup()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// - Parameters:
    ///   - transport: where all mail goes.
    ///   - service: the lines of master.cf for that.
    func start(transport: String, service: String) throws {
        try configuration(transport).write(
            toFile: folder + "/etc/main.cf", atomically: true, encoding: .utf8)
        try (services + service + "\n").write(
            toFile: folder + "/etc/master.cf", atomically: true, encoding: .utf8)
        #expect(try tool("postfix", "check").code == 0)
        let programs = try tool("postconf", "-h", "daemon_directory").line
        // What `postfix start` does, but in the foreground and in the group of the child.
        master = try Child(
            ["\(programs)/master", "-c", folder + "/etc", "-d"], output: folder + "/out",
            messages: folder + "/out")
        try waitUntil("Postfix answers") {
            guard master?.hasEnded == false else { throw NeverHappened(what: "Postfix runs") }
            return (try? MailSocket(port: port).reply())?.hasPrefix("220 ") == true
        }
    }

    /// A conversation with its smtpd.
    func connect() throws -> MailSocket {
        let client = try MailSocket(port: port)
        try #require(client.reply().hasPrefix("220 "))
        try #require(client.command("EHLO client.example").hasPrefix("250 "))
        return client
    }

    /// How many mails are in its queue; those of one part of it only, when that is named.
    func queued(_ part: String = "") throws -> Int {
        let lines = try tool("postqueue", "-j").text.split(separator: "\n")
        return lines.count { part.isEmpty || $0.contains("\"queue_name\": \"\(part)\"") }
    }

    /// Tries again what was deferred.
    func flush() throws {
        let ran = try tool("postqueue", "-f")
        #expect(ran.code == 0, "\(ran.messages)")
    }

    /// The message of a queued mail, as it will be handed over.
    func octets(of queueID: String) throws -> [UInt8] {
        let octets = try tool("postcat", "-bh", "-q", queueID).output
        return octets.flatMap { $0 == 10 ? [13, 10] : [$0] }
    }

    /// What it says about deliveries.
    func log() throws -> String {
        String(decoding: try contents(folder + "/log"), as: UTF8.self)
    }

    /// Waits, and shows the log's end when it was in vain.
    func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
        do {
            try HoldfastSystemTests.waitUntil(what, condition)
        } catch {
            let lines = (try? log())?.split(separator: "\n").suffix(30) ?? []
            print("Postfix says:\n" + lines.map { $0.prefix(250) }.joined(separator: "\n"))
            throw error
        }
    }

    private func tool(_ name: String, _ options: String...) throws -> Ran {
        try ran(["/usr/sbin/\(name)", "-c", folder + "/etc"] + options)
    }

    /// Nothing is rewritten, and nobody asks the DNS.
    private func configuration(_ transport: String) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(folder)/queue
        data_directory = \(folder)/data
        maillog_file = \(folder)/log
        maillog_file_prefixes = \(folder)
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = postfix.example.org
        mydestination =
        mynetworks = 127.0.0.0/8
        alias_maps =
        local_recipient_maps =
        smtpd_relay_restrictions = permit_mynetworks, reject
        smtpd_peername_lookup = no
        local_header_rewrite_clients =
        message_drop_headers =
        notify_classes =
        default_transport = \(transport)
        holdfast_destination_recipient_limit = 1000
        holdfast-pipe_destination_recipient_limit = 1000

        """
    }

    private var services: String {
        """
        127.0.0.1:\(port) inet n - n - - smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        showq unix n - n - - showq
        error unix - - n - - error
        retry unix - - n - - error
        anvil unix - - n - 1 anvil
        pickup unix n - n 60 1 pickup
        scache unix - - n - 1 scache
        flush unix n - n 1000? 0 flush
        postlog unix-dgram n - n - 1 postlogd

        """
    }
}
