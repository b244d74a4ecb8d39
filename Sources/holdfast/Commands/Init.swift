// SPDX-License-Identifier: Apache-2.0
// `holdfast init`: a new appliance.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a self-contained appliance in a folder.",
        discussion: """
            Example: holdfast init /srv/holdfast --storages 2 --copies 2 --lmtp 127.0.0.1:2424

            Writes a complete, commented holdfast.toml, a token, a key, and the folders. Port 0 stands \
            for any port that is free now.
            """,
        helpNames: .long)

    @Argument(help: "A folder that is empty, or not there.", completion: .directory)
    var folder: String

    @Option(help: ArgumentHelp("Where to listen for HTTP.", valueName: "host:port"))
    var http = "127.0.0.1:7420"

    @Option(help: ArgumentHelp("Where to listen for SMTP; '' for nowhere.", valueName: "host:port"))
    var smtp = "127.0.0.1:2525"

    @Option(help: ArgumentHelp("Where to listen for LMTP.", valueName: "host:port|unix:path"))
    var lmtp = ""

    @Option(help: ArgumentHelp("How many storages.", valueName: "number"))
    var storages = 1

    @Option(help: ArgumentHelp("How many copies of each mail.", valueName: "number"))
    var copies = 1

    @Option(help: ArgumentHelp("Who takes released mails.", valueName: "host:port"))
    var smarthost = ""

    private static let storagesMax = 64

    func validate() throws {
        guard (1...Self.storagesMax).contains(storages) else {
            throw ValidationError("--storages must be from 1 to \(Self.storagesMax)")
        }
        guard Slip.copiesRange.contains(copies), copies <= storages else {
            throw ValidationError(
                "--copies must be from 1 to the number of storages, \(storages): each copy of a mail"
                    + " lies on a storage of its own")
        }
        for (text, option) in [(http, "http"), (smtp, "smtp"), (lmtp, "lmtp")] {
            guard !text.isEmpty, !text.hasPrefix("unix:") else { continue }
            _ = try Self.address(text, option)
        }
    }

    func run() throws {
        let ports = FreePorts()
        let appliance = Appliance(
            http: try ports.resolved(try Self.address(http, "http")),
            smtp: try place(smtp, "smtp", ports), lmtp: try place(lmtp, "lmtp", ports),
            storages: storages, copies: copies, smarthost: smarthost)
        let file = "\(folder)/holdfast.toml"
        do {
            _ = try Installation(text: appliance.configuration, file: file)
        } catch {
            throw ValidationError("\(error)")
        }
        try appliance.make(in: folder)
        if appliance.sharesADisk {
            complain(
                "warning: all storages of \(folder) lie on one disk, so its loss takes every copy;"
                    + " holdfast.toml says copies_may_share_a_disk = true")
        }
        print(Self.farewell(appliance, file))
    }

    private static func farewell(_ appliance: Appliance, _ file: String) -> String {
        let storages = appliance.storages == 1 ? "1 storage" : "\(appliance.storages) storages"
        let copies = appliance.copies == 1 ? "1 copy" : "\(appliance.copies) copies"
        let doors = [("SMTP", appliance.smtp), ("LMTP", appliance.lmtp)]
            .filter { !$0.1.isEmpty }.map { "\($0.0) at \($0.1)" }
        let send = doors.isEmpty ? "`holdfast deliver`" : doors.joined(separator: ", ")
        return """
            \(file) is written: \(storages), \(copies) of each mail, HTTP at \(appliance.http).
            Start it: holdfast serve --config \(file)
            Then send it mail (\(send)), and find it: holdfast search --config \(file) ''
            """
    }

    private func place(_ text: String, _ option: String, _ ports: FreePorts) throws -> String {
        guard !text.isEmpty, !text.hasPrefix("unix:") else {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty, !path.hasPrefix("/") else { return text }
            return "unix:\(FileManager.default.currentDirectoryPath)/\(path)"
        }
        return try ports.resolved(try Self.address(text, option)).description
    }

    private static func address(_ text: String, _ option: String) throws -> HostAndPort {
        guard let address = HostAndPort(text) else {
            throw ValidationError("--\(option) is '\(text)'; it must be HOST:PORT")
        }
        return address
    }

    private func complain(_ text: String) {
        FileHandle.standardError.write(Data(("holdfast: " + Terminal.tidied(text) + "\n").utf8))
    }
}
