// SPDX-License-Identifier: Apache-2.0
// `holdfast init`: a new appliance.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a self-contained appliance in a folder, or a machine that joins another.",
        discussion: """
            Example: holdfast init /srv/holdfast --storages 2 --copies 2 --lmtp 127.0.0.1:2424
            Example: holdfast init /srv/holdfast --join 'http://10.0.0.1:7420/registry/registry#CODE'

            Writes a complete, commented holdfast.toml, a token, a key, and the folders. Port 0 stands \
            for any port that is free now.

            With --join, what `holdfast invite` printed on a machine of an installation, only storages are \
            made, which take mail as soon as they are served; nothing else changes anywhere.
            """,
        helpNames: .long)

    @Argument(help: "A folder that is empty, or not there.", completion: .directory)
    var folder: String

    @Option(
        help: ArgumentHelp(
            "Where to listen for HTTP; else \(Self.standardHTTP), and with --join port 7420 of the address "
                + "from which this machine reaches the other.", valueName: "host:port"))
    var http: String?

    @Flag(
        help: "Listen beyond loopback although there is no TLS: only on a network that you trust.")
    var insecureHttp = false

    @Option(
        help: ArgumentHelp(
            "Join the installation of this Registry; after # the code.", valueName: "url"))
    var join: String?

    @Option(help: "The code of the invitation; else it is asked for.")
    var code: String?

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
    private static let standardHTTP = "127.0.0.1:7420"

    func validate() throws {
        guard (1...Self.storagesMax).contains(storages) else {
            throw ValidationError("--storages must be from 1 to \(Self.storagesMax)")
        }
        guard Slip.copiesRange.contains(copies), copies <= storages else {
            throw ValidationError(
                "--copies must be from 1 to the number of storages, \(storages): each copy of a mail"
                    + " lies on a storage of its own")
        }
        for (text, option) in [(http ?? Self.standardHTTP, "http"), (smtp, "smtp"), (lmtp, "lmtp")]
        {
            guard !text.isEmpty, !text.hasPrefix("unix:") else { continue }
            _ = try Self.address(text, option)
        }
    }

    func run() async throws {
        if let join {
            guard let place = JoinPlace(join) else {
                throw ValidationError(
                    "--join is '\(join)'; it must be as `holdfast invite` prints it:"
                        + " http://HOST:PORT/registry/NAME#CODE")
            }
            return try await self.join(place)
        }
        let ports = FreePorts()
        let appliance = Appliance(
            http: try ports.resolved(try Self.address(http ?? Self.standardHTTP, "http")),
            smtp: try place(smtp, "smtp", ports), lmtp: try place(lmtp, "lmtp", ports),
            storages: storages, copies: copies, smarthost: smarthost)
        guard appliance.http.isLoopback || insecureHttp else {
            throw ValidationError(
                "--http \(appliance.http) is reached by other machines without TLS: listen on 127.0.0.1"
                    + " behind a tunnel, or add --insecure-http on a network that you trust")
        }
        let file = "\(folder)/holdfast.toml"
        try Self.check(appliance.configuration, file)
        try appliance.make(in: folder)
        if appliance.sharesADisk {
            complain(
                "warning: all storages of \(folder) lie on one disk, so its loss takes every copy;"
                    + " holdfast.toml says copies_may_share_a_disk = true")
        }
        print(Self.farewell(appliance, file))
    }

    private static func check(_ configuration: String, _ file: String) throws {
        do {
            _ = try Installation(text: configuration, file: file)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func join(_ place: JoinPlace) async throws {
        let ports = FreePorts()
        let http = try ports.resolved(try joinAddress(place))
        guard !FileManager.default.fileExists(atPath: "\(folder)/holdfast.toml") else {
            throw Failure(.badQuery, "\(folder) is not empty; name a folder that is")
        }
        let code = try place.code ?? askedCode()
        let answer = try await place.ask(code)
        let machine = JoinedMachine(
            http: http, storages: storages, host: ProcessInfo.processInfo.hostName,
            registry: place.registry, answer: answer)
        let file = "\(folder)/holdfast.toml"
        try Self.check(machine.configuration, file)
        try machine.make(in: folder)
        if !http.isLoopback {
            complain(
                "warning: HTTP at \(http) is without TLS (insecure_http = true): only for a network that"
                    + " you trust")
        }
        if storages > 1 {
            complain(
                "warning: all storages of \(folder) lie on one disk: no two copies of a mail come to it"
            )
        }
        print(
            """
            \(file) is written: \(machine.names.joined(separator: ", ")), HTTP at \(http).
            Start it: holdfast serve --config \(file)
            """)
    }

    /// Where others reach a machine that joins, unless it was said.
    private func joinAddress(_ place: JoinPlace) throws -> HostAndPort {
        if let http { return try Self.address(http, "http") }
        let registry = HostAndPort(ofBase: place.registry)
        guard let registry, let host = LocalAddress.reaching(registry) else {
            throw ValidationError("say with --http where this machine is to be reached")
        }
        let address = HostAndPort(host: host, port: 7420)
        // On loopback the tunnel to the other machine, or that machine itself, has the port.
        return address.isLoopback ? HostAndPort(host: host, port: 0) : address
    }

    private func askedCode() throws -> InvitationCode {
        if code == nil { complain("the code of the invitation:") }
        guard let text = code ?? readLine(), let code = InvitationCode(text) else {
            throw ValidationError(
                "the code must be as `holdfast invite` prints it: 20 letters and digits")
        }
        return code
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
