// SPDX-License-Identifier: Apache-2.0
// What must be so when all is quiet.

internal import HoldfastCatalog
internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOHTTP1

/// Something that should not be.
struct Fault: Error, CustomStringConvertible {
    var description: String
}

/// Looks at the whole cluster from outside, without the troubles of its wires.
struct Checks: Sendable {
    let world: World
    let wishers: Wishers
    /// The storage whose bits flipped or whose folder was lost: the only copy of a mail may be gone.
    let worn: Box?
    let client: NodeClient

    /// What must be so of a mail.
    private enum Must {
        case live
        case haveExpired
        case bePurged
        case nothing
    }

    private func must(_ mail: Accepted, today: Day) -> Must {
        let fate = wishers.fate(of: mail.id)
        switch fate {
        case .purged: return .bePurged
        case .leaving: return .nothing
        case .held: return .live
        case nil, .changing, .released: break
        }
        if mail.keepUntil.lowerBound >= today { return .live }
        // What is held is kept longer from then on, and may outlive its hold.
        return mail.keepUntil.upperBound < today && fate == nil ? .haveExpired : .nothing
    }

    /// Every mail that was accepted is found, with its copies, each as it came, unless it must not be.
    func check(_ accepted: [Accepted], isDaysLater: Bool = false) async throws {
        guard let catalog = world.box("office")?.kept.value.catalog else {
            throw Fault(description: "there is no catalog")
        }
        let today = world.now.day
        let gone = Set(try catalog.statistics().nodes.filter(\.isGone).map(\.id))
        for mail in accepted {
            let details = try catalog.mail(mail.id, today: today)
            switch must(mail, today: today) {
            case .nothing: continue
            case .haveExpired:
                if details != nil { throw Fault(description: "\(mail.id) did not expire") }
            case .bePurged:
                if details != nil {
                    throw Fault(description: "\(mail.id) is found, and was purged")
                }
                try checkPurged(mail, isDaysLater: isDaysLater)
            case .live:
                // The only copy of a mail may be the one that is worn.
                if worn != nil, mail.copies == 1 { continue }
                guard let details else {
                    throw Fault(
                        description: "\(mail.id), taken in by \(mail.gateway), is not found")
                }
                try await check(
                    mail, details.entries.filter { !gone.contains($0.entry.location.node) })
                try checkKnown(mail, details.entries)
            }
        }
    }

    /// Nobody holds it, and when days have passed not a byte of it is left.
    private func checkPurged(_ mail: Accepted, isDaysLater: Bool) throws {
        for box in world.storages where !box.isRetired.value {
            if try box.kept.value.ledger?.held([mail.id]).isEmpty == false {
                throw Fault(description: "\(mail.id) was purged, and is held by \(box.name)")
            }
            // A batch that failed, and was never answered for, lies there until its segment is dropped.
            let mayHaveFailed = !Set(world.plan.troubles).isDisjoint(
                with: [.failedSync, .fullDisk, .powerCut, .unreadableDisk])
            guard isDaysLater, !mayHaveFailed, box !== worn,
                let place = try box.disk.place(
                    of: mail.mark, from: mail.id, in: Box.folder + "/segments")
            else {
                continue
            }
            throw Fault(
                description: "\(mail.id) was purged, and its bytes are left on \(box.name) in "
                    + place)
        }
    }

    /// Every copy that a storage holds is known.
    private func checkKnown(_ mail: Accepted, _ copies: [KnownCopy]) throws {
        for box in world.storages where box !== worn && !box.isRetired.value {
            guard let held = try box.kept.value.ledger?.held([mail.id])[mail.id],
                !copies.contains(where: { $0.entry.location.node.number == box.node })
            else { continue }
            throw Fault(
                description: "\(mail.id) lies on \(box.name) in segment \(held.segment), which "
                    + "nobody knows")
        }
    }

    private func check(_ mail: Accepted, _ copies: [KnownCopy]) async throws {
        let counting = copies.filter { copy in
            let box = world.boxes.first { $0.node == copy.entry.location.node.number }
            return box.map { !$0.isDraining.value && !$0.isRetired.value } ?? true
        }
        for copy in counting { try await read(mail, copy) }
        let disks = Set(counting.map(\.entry.disk)).count
        guard disks >= mail.copies else {
            throw Fault(
                description: "\(mail.id) is on \(disks) disks (\(copies.count) copies), and wants "
                    + "\(mail.copies)")
        }
        guard !world.plan.isOnlyTheDAL || copies.count <= mail.copies else {
            throw Fault(
                description: "\(mail.id) has \(copies.count) copies, and wants \(mail.copies)")
        }
    }

    private func read(_ mail: Accepted, _ copy: KnownCopy) async throws {
        let location = copy.entry.location
        guard let box = world.boxes.first(where: { $0.node == location.node.number }) else {
            throw Fault(description: "\(mail.id) lies on a node that never was")
        }
        let url = NodeClient.recordURL(
            at: "http://\(box.name):80/storage/\(box.name)", segment: location.segment,
            offset: location.offset, mail: mail.id)
        let octets: [UInt8]
        do {
            guard case .batch(let records) = try await client.record(at: url),
                let record = records.first
            else { throw Fault(description: "no record") }
            octets = try MessageDecoder.octets(
                of: record.message, mail: mail.id, compression: record.header.compression, key: nil)
        } catch {
            throw Fault(description: "\(mail.id) cannot be read from \(box.name): \(error)")
        }
        guard octets == mail.octets else {
            throw Fault(description: "\(mail.id) is another mail on \(box.name)")
        }
    }

    /// Nothing is left that should have been dropped. What may be the last record of a mail on hold keeps
    /// its segment, although it is damaged.
    func checkDropped() async throws {
        for box in world.storages where !box.isRetired.value && box !== worn {
            let plan = try await client.json(
                .GET, "http://\(box.name):80/storage/\(box.name)/expiry", as: ExpiryAnswer.self)
            if !plan.segments.isEmpty {
                throw Fault(
                    description: "\(box.name) has not dropped \(plan.segments.count) segments: "
                        + (plan.refused ?? "no reason"))
            }
        }
    }
}

extension SimulatedDisk {
    /// Where some bytes lie in a folder of segments, but for whole records of other mails: whoever brings
    /// a mail again because the answer was lost has it kept twice, and only one of them was purged.
    fileprivate func place(
        of bytes: [UInt8], from mail: MailID, in folder: String
    ) throws -> String? {
        let segments = SegmentFolder(folder, on: self)
        for file in try segments.files() {
            var others: [Range<UInt64>] = []
            _ = try segments.records(ofActive: file, upTo: .max) { found in
                guard found.record.header.mail != mail else { return }
                others.append(found.place.offset..<found.place.offset + found.place.length)
            }
            var contents = [UInt8](repeating: 0, count: writtenBytes(of: file.path))
            let open = try open(file.path, forWriting: false)
            _ = try contents.withUnsafeMutableBytes { buffer throws(DiskError) in
                try open.read(into: buffer, at: 0)
            }
            for found in contents.ranges(of: bytes)
            where !others.contains(where: { $0.contains(UInt64(found.lowerBound)) }) {
                return "segment \(file.segment) at \(found.lowerBound)"
            }
        }
        return nil
    }
}
