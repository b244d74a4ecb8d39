// SPDX-License-Identifier: Apache-2.0
// Asking a Registry to be let in.

internal import AsyncHTTPClient
internal import Foundation
internal import HoldfastNode
internal import NIOHTTP1

/// Where a machine wants to join, and the code with which it may.
struct JoinPlace: Hashable {
    /// The base address of the Registry.
    let registry: String
    let code: InvitationCode?

    /// `http://host:port/registry/name#CODE`; without a path it is `/registry/registry`.
    init?(_ text: String) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var base = String(parts[0])
        while base.hasSuffix("/") { base.removeLast() }
        guard HostAndPort(ofBase: base) != nil else { return nil }
        let path = base.dropFirst("http://".count).drop { $0 != "/" }
        registry = path.isEmpty ? base + "/registry/registry" : base
        code = parts.count > 1 ? InvitationCode(String(parts[1])) : nil
        if parts.count > 1, code == nil { return nil }
    }

    /// What a new machine needs, from the Registry that invited it.
    func ask(_ code: InvitationCode) async throws -> JoinAnswer {
        let client = NodeClient(token: "")
        let answer: Result<JoinAnswer, any Error>
        do {
            answer = .success(
                try await client.json(
                    .POST, "\(registry)/join", as: JoinAnswer.self,
                    body: .json(JoinRequest(code: code.description))))
        } catch let error as NodeError {
            answer = .failure(
                error.status == 404 || error.status == 401
                    ? Failure(.badQuery, "\(registry) is no Registry that one can join")
                    : Failure(error))
        } catch {
            answer = .failure(error)
        }
        // The process ends now; a connection that does not close in order loses nothing.
        try? await client.shutdown()
        return try answer.get()
    }
}

enum LocalAddress {
    /// The address of this machine from which another one is reached; nil when it is not.
    static func reaching(_ other: HostAndPort) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(other.host, String(other.port), &hints, &found) == 0,
            let info = found?.pointee
        else { return nil }
        defer { freeaddrinfo(found) }
        // Nothing is sent: the system only chooses the way.
        let socket = Foundation.socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard connect(socket, info.ai_addr, info.ai_addrlen) == 0 else { return nil }
        let code = withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                getsockname(socket, address.baseAddress, &length) == 0
                    ? getnameinfo(
                        address.baseAddress, length, &name, socklen_t(name.count), nil, 0,
                        NI_NUMERICHOST) : -1
            }
        }
        return code == 0
            ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : nil
    }
}
