// SPDX-License-Identifier: Apache-2.0
// How a release goes, for people: `GET orders/{id}`; and for a DAL, which orders a mail has here.

internal import HTTPTypes
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import NIOCore

extension Releases {
    func addRoutes(to server: NodeServer, at path: NodePath, name: String, sentTo: String?) {
        server.router.get("\(path.text)/orders/:id") { [self] _, context in
            guard let id = MailID(try context.parameters.require("id")) else {
                throw Refusal.malformed("This is not the id of an order.")
            }
            guard let release = release(id) else {
                throw Refusal.absent("There is no order \(id) at the gateway \(name).")
            }
            return try OrderAnswer(release, gateway: name, sentTo: sentTo).response()
        }
        server.router.get("\(path.text)/orders") { [self] request, _ in
            guard let mail = request.uri.queryParameters["mail"].flatMap({ MailID(String($0)) })
            else { throw Refusal.malformed("Which mail's orders? ?mail= must be its whole id.") }
            let octets = releases(of: mail).flatMap(\.order.record.encoded)
            return Response(
                status: .ok, headers: [.contentType: Wire.contentType],
                body: .init(byteBuffer: ByteBuffer(bytes: octets)))
        }
    }
}

/// The answer to `GET orders/{id}`: what the catalog would say of the release, and how it goes on.
struct OrderAnswer: Codable, Hashable, Sendable {
    var format_version = 1
    var order: String
    var mail: String
    var gateway: String
    var by: String
    var ordered: String
    /// `sending` until every recipient has a final result, then `done`.
    var state: String
    var finished: String?
    var sent_to: String?
    var line_ends_changed: Bool
    /// The final results that there are.
    var results: [RecipientAnswer]
    var released_before = false
    /// When those that are left are tried again.
    var next_try: String?
    /// What the smarthost said last that was not final.
    var last_reply: String?

    init(_ release: Release, gateway: String, sentTo: String?) {
        order = release.order.id.description
        mail = release.order.mail.description
        self.gateway = gateway
        by = release.order.by
        ordered = release.order.ordered.iso8601
        state = release.isDone ? "done" : "sending"
        finished = release.noteAt?.iso8601
        sent_to = release.isDone ? sentTo : nil
        line_ends_changed = release.lineEndsChanged
        results = release.results.compactMap(\.self).map(RecipientAnswer.init)
        next_try = release.isDone ? nil : release.nextTryAt?.iso8601
        last_reply = release.lastReply
    }
}
