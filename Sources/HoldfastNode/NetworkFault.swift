// SPDX-License-Identifier: Apache-2.0
// What went wrong with a connection, in words for a person.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOPosix

/// The libraries' errors as an operator would say them.
package enum NetworkFault {
    package static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { words(for: $0.error) }
                ?? "the name \(error.host) is not known"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "it does not answer"
        case let error as HTTPClientError: words(for: error)
        default: "\(error)"
        }
    }

    private static func words(for error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "it does not answer"
        case .deadlineExceeded, .readTimeout: "the answer did not come in time"
        case .remoteConnectionClosed: "it closed the connection"
        default: "\(error)"
        }
    }
}
