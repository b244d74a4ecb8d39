// SPDX-License-Identifier: Apache-2.0
// What is damaged here, for whoever sees to it that nothing depends on it.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird

extension StorageComponent {
    func addDamageRoutes(to router: NodeRouter) {
        router.get("\(path.text)/damaged") { [self] request, _ in
            JSONAnswer(try await damagedPage(after: request.uri.queryParameters["after"]))
        }
        router.post("\(path.text)/damaged") { [self] request, context in
            let known = try await request.decode(as: DamagedAnswer.self, context: context)
            guard known.places.count <= DamagedAnswer.placesMax else {
                throw Refusal.tooLarge(
                    "At most \(DamagedAnswer.placesMax) can be named at once.")
            }
            for place in known.places { take(place) }
            return HTTPResponse.Status.noContent
        }
    }

    private func damagedPage(after text: Substring?) async throws -> DamagedAnswer {
        guard let after = text.map({ CopyPlace(String($0)) }) ?? CopyPlace.start else {
            throw Refusal.malformed("after must be what `next` was in an answer.")
        }
        let places = try await keeper.read { ledger, _ in
            try ledger.unhealed(after: after, limit: DamagedAnswer.placesMax)
        }
        let next = places.count == DamagedAnswer.placesMax ? places.last : nil
        return DamagedAnswer(
            places: places.map { damaged in
                .init(
                    segment: damaged.place.segment, offset: damaged.place.offset,
                    mail: damaged.mail)
            },
            next: next?.place.description)
    }

    /// The catalog is believed in what it knows of a place that is damaged here, and of no other.
    func take(_ known: DamagedAnswer.Place) {
        guard keeper.damage.isKnown(segment: known.segment, offset: known.offset) else { return }
        let place = CopyPlace(segment: known.segment, offset: known.offset)
        if let mail = known.mail { keeper.noteSoon(.named(place, mail)) }
        guard known.healed == true else { return }
        keeper.damage.heal(segment: known.segment, offset: known.offset)
        keeper.noteSoon(.healed(place))
    }
}
