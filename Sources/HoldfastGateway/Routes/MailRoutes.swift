// SPDX-License-Identifier: Apache-2.0
// Taking mails in over HTTP: `POST mails`, for programs, `deliver` and `import`.

internal import Foundation
internal import HTTPTypes
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import Hummingbird
internal import NIOCore

/// The routes by which mails come over HTTP.
struct MailRoutes: Sendable {
    let intake: Intake

    func add(to server: NodeServer, at path: NodePath) {
        server.router.post("\(path.text)/mails") { request, _ in
            try await post(request).response()
        }
        server.router.post("\(path.text)/mails/batch") { request, _ in
            try await postBatch(request)
        }
    }

    private func post(_ request: Request) async throws -> TakenAnswer {
        let query = try MailQuery(request.uri.queryParameters)
        if let obstacle = intake.obstacle { throw refusal(obstacle) }
        let bytesMax = intake.limits.messageBytesMax + query.envelopeBytes
        if let length = request.headers.bodyBytes, length > bytesMax { throw tooLarge }
        do {
            var mail = try intake.begin()
            var lines = LineMeter()
            var front = EnvelopeFront(query)
            for try await buffer in request.body {
                let octets = try front.takeEnvelope(off: buffer.octets)
                lines.measure(octets)
                guard query.isImport || lines.longestBytes <= intake.limits.lineBytesMax else {
                    throw lineTooLong
                }
                try await mail.add(octets)
            }
            let envelope = try front.whole
            let (bytes, digest) = (mail.bytes, mail.digest)
            let outcome = await intake.keep(
                mail, for: envelope, asked: IntakeRules.Wishes(keepDays: query.keepDays),
                identity: query.isImport ? .octets : .clock)
            return try answer(outcome, bytes: bytes, digest)
        } catch IncomingMail.Problem.tooLarge {
            intake.tally.countRefusal("too_large")
            throw tooLarge
        } catch let problem as IncomingMail.Problem {
            throw refusal(intake.obstacle(problem))
        } catch let obstacle as Intake.Obstacle {
            throw refusal(obstacle)
        }
    }

    private func answer(
        _ outcome: Intake.Outcome, bytes: Int, _ digest: Digest
    ) throws -> TakenAnswer {
        switch outcome {
        case .kept(let id, let isNew, let until):
            return TakenAnswer(
                id: id.description, outcome: isNew ? "stored" : "duplicate", size: bytes,
                sha256: digest.hex, keep_until: isNew ? until.description : nil)
        case .refused(let reason): throw Refusal.conflict(reason)
        case .later(let obstacle): throw refusal(obstacle)
        }
    }

    private var tooLarge: Refusal {
        .tooLarge("A message has at most \(intake.limits.messageBytesMax) octets here.")
    }

    /// Files hold what some server took once: only what comes now is held to this.
    private var lineTooLong: Refusal {
        intake.tally.countRefusal("line_too_long")
        return .tooLarge(
            "A line of a message has at most \(intake.limits.lineBytesMax) octets here.")
    }

    func refusal(_ obstacle: Intake.Obstacle) -> Refusal {
        intake.tally.countRefusal(obstacle.label)
        switch obstacle {
        case .diskNearlyFull: return .full(obstacle.sentence)
        case .overloaded: return .overloaded(obstacle.sentence)
        case .tooFewStorages, .copiesMissing, .clockIsOff, .failed:
            return .unavailable(obstacle.sentence)
        }
    }
}

/// The answer to `POST mails`.
struct TakenAnswer: Codable, Hashable, Sendable {
    var id: String
    /// `stored`, or `duplicate` for octets that this gateway has already.
    var outcome: String
    var size: Int
    var sha256: String
    /// The last day until which it is kept; nil for a duplicate, which keeps the day it had.
    var keep_until: String?
}

extension Encodable {
    /// As JSON.
    func response() throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(self))))
    }
}
