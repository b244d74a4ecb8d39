// SPDX-License-Identifier: Apache-2.0
// The token and the keys, read from their files.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastSegments

extension Installation {
    private static let tokenBytesMin = 16

    /// The token that every call carries.
    func token() throws -> String {
        let path = resolved(node.tokenFile)
        let token = try secret(path, key: "token_file")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard token.utf8.count >= Self.tokenBytesMin,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw Failure(
                .configuration,
                "\(file): [node] token_file \(path) must hold one word of at least"
                    + " \(Self.tokenBytesMin) letters and digits")
        }
        return token
    }

    /// The keys of encrypted mails; none when no file is named.
    func keys() throws -> KeyRing {
        guard let name = node.keyFile else { return .none }
        let path = resolved(name)
        guard let keys = KeyRing(text: try secret(path, key: "key_file")) else {
            throw Failure(
                .configuration,
                "\(file): [node] key_file \(path) must have a line `number key` for"
                    + " each key, 64 hexadecimal digits each")
        }
        return keys
    }

    private func secret(_ path: String, key: String) throws -> String {
        do {
            return try RealDisk().text(of: path)
        } catch {
            throw Failure(.configuration, "\(file): [node] \(key): \(error)")
        }
    }
}
