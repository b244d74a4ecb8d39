// SPDX-License-Identifier: Apache-2.0
// What a verb says when it does not do what it was asked.

internal import HoldfastNode

/// The codes with which the program ends. Thrown by itself, it ends the program without a word.
enum ExitStatus: Int32, Error {
    case done = 0
    /// Nothing matches, as grep has it.
    case none = 1
    case badQuery = 2
    /// Some of it failed, is in doubt or is still being tried.
    case someFailed = 3
    /// A part that is needed cannot be reached.
    case unreachable = 5

    /// What was asked to be proved is not so.
    case notWell = 6

    // From sysexits.h, for those who know no others.
    case badUsage = 64
    case badData = 65
    case internalError = 70
    case inputError = 74
    case temporaryFailure = 75
    case noPermission = 77
    case configuration = 78
}

/// A sentence for a person, and the code that says the same to a program.
struct Failure: Error, CustomStringConvertible {
    let code: ExitStatus
    let description: String

    init(_ code: ExitStatus, _ description: String) {
        self.code = code
        self.description = Terminal.tidied(description)
    }

    /// What a node answered, as a verb passes it on.
    init(_ error: NodeError) {
        let text =
            error.status == 401
            ? "\(error.address) does not accept the token of this configuration" : error.description
        self.init(ExitStatus(answer: error.status), text)
    }
}

extension ExitStatus {
    /// What an HTTP status means to a verb; 0 stands for no answer at all.
    init(answer status: UInt) {
        switch status {
        case 400, 409, 413, 422: self = .badQuery
        case 401: self = .configuration
        case 404: self = .none
        default: self = .unreachable
        }
    }
}
