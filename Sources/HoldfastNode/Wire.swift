// SPDX-License-Identifier: Apache-2.0
// Names and limits of the protocol between nodes. The protocol is described in Protocol.

package import HTTPTypes
package import NIOCore

/// What both ends of the wire must agree on.
package enum Wire {
    package static let version = "1"
    /// Records that travel together, at the most; a larger one travels alone.
    package static let batchBytesMax = 8 << 20
    /// A message above this is not held in memory: it travels alone, and piece by piece.
    package static let wholeMessageBytesMax = 4 << 20
    package static let pieceBytes = 256 << 10
    /// Sections other than the message, of one record.
    package static let sectionsBytesMax = 8 << 20
    /// The address of a request; servers take little more than twice that for a whole head.
    package static let addressBytesMax = 32 << 10
    package static let jsonBytesMax = 1 << 20
    package static let leaseWaitSecondsMax = 30

    package static let contentType = "application/vnd.holdfast.records"
}

extension HTTPField.Name {
    package static let holdfastProtocol = name("Holdfast-Protocol")
    package static let holdfastLease = name("Holdfast-Lease")
    /// Up to which position the DAL holds a storage's entries.
    package static let holdfastPosition = name("Holdfast-Position")
    /// Whose entries a batch holds.
    package static let holdfastNode = name("Holdfast-Node")
    /// On how many storages leased items are to lie before they are settled.
    package static let holdfastCopies = name("Holdfast-Copies")
    package static let holdfastBeside = name("Holdfast-Beside")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a token") }
        return name
    }
}

extension ByteBuffer {
    /// The readable bytes, copied once, as the records of a batch share them.
    package var octets: ArraySlice<UInt8> {
        Array(readableBytesView)[...]
    }
}
