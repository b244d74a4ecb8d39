// SPDX-License-Identifier: Apache-2.0
// The DAL's database: what it must do, whatever engine does it.

package import HoldfastModel

/// The DAL's database of summaries and entries (the paper's QtDAL): what the storages ship is
/// merged into it, and people's questions are answered from it.
///
/// It can be made again from the segments, so it decides nothing and is never the only one to know
/// something. Every call blocks; whoever calls brings a thread. `today` hides each mail whose
/// keep-until day is before it, whether or not its row has been removed already.
package protocol Catalog: Sendable {
    /// Takes in what one storage ships, in one transaction, synced before it returns.
    ///
    /// Doing it twice, or in another order, ends in the same catalog. A bad item is named in the
    /// answer and fails no other.
    func merge(
        _ items: [IndexItem], from node: NodeID, name: String, now: Timestamp, acks: AckRule
    ) throws(CatalogError) -> Merged

    /// The position up to which the catalog holds what a node keeps; none of a node never seen.
    func position(of node: NodeID) throws(CatalogError) -> Position

    /// The mails that answer to the query, in an order of the whole answer.
    ///
    /// - Parameter after: only what stands behind this place, where the page before has ended: what comes
    ///   or goes meanwhile moves nothing.
    func search(
        _ query: Query, _ order: SearchOrder, limit: Int, offset: Int, after: SearchPlace?,
        today: Day
    ) throws(CatalogError) -> SearchPage

    /// How many mails answer to the query: exactly, or up to a limit.
    func count(_ query: Query, upTo limit: Int?, today: Day) throws(CatalogError) -> MailCount

    /// How a search would be answered, without asking.
    func explain(
        _ query: Query, _ order: SearchOrder, today: Day
    ) throws(CatalogError) -> Explanation

    /// All that is known of one mail.
    func mail(_ id: MailID, today: Day) throws(CatalogError) -> Details?

    /// The mails whose printed id begins so, at most `limit`: two are enough to call it ambiguous.
    func ids(prefix: String, limit: Int, today: Day) throws(CatalogError) -> [MailID]

    /// Those of some mails of which one of these nodes holds a copy.
    func held(
        _ mails: [MailID], by nodes: [NodeID], today: Day
    ) throws(CatalogError) -> [MailID]

    /// Keeps an order until a gateway has taken it, or as one that was found to be there. The same order
    /// twice is one.
    func add(_ order: Order, _ stage: OrderState.Stage, now: Timestamp) throws(CatalogError)

    func orders(for mail: MailID) throws(CatalogError) -> [OrderState]

    /// What no gateway has taken yet, oldest first.
    func pendingOrders(limit: Int) throws(CatalogError) -> [Order]

    /// An order that is finished stays so, whatever comes late.
    func setState(
        _ order: MailID, _ stage: OrderState.Stage, reason: String, now: Timestamp
    ) throws(CatalogError)

    /// Removes what is to be kept until before `day`, in a step whose size has a limit.
    func expire(before day: Day, limit: Int) throws(CatalogError) -> Expired

    /// The segments of a node in which copies lie, as far as is known here.
    func segments(of node: NodeID) throws(CatalogError) -> [SegmentNumber]

    /// A storage has these segments no more: what lay there is a copy no longer.
    func forget(_ node: NodeID, segments: [SegmentNumber]) throws(CatalogError)

    /// A node is called so.
    func setName(_ node: NodeID, _ name: String) throws(CatalogError)

    /// Lets go of a node that has no copies left. Should it come back, it ships everything again.
    func forget(_ node: NodeID) throws(CatalogError)

    /// The copies of a node behind a place, in the order in which they lie, notes' among them: those
    /// that are to be kept until `day` or later.
    func entries(
        of node: NodeID, after place: (segment: SegmentNumber, offset: UInt64), limit: Int,
        today: Day
    ) throws(CatalogError) -> [EnteredCopy]

    /// How many copies mails have that count: on nodes that do, and kept as long as their mails. Reads all
    /// entries.
    ///
    /// - Parameter disksMayBeShared: two copies on one disk count as two (D7).
    func copyStatistics(disksMayBeShared: Bool, today: Day) throws(CatalogError) -> CopyStatistics

    /// A node has no copies at these places; what was entered there since by another record stays.
    func forget(_ node: NodeID, _ copies: [EnteredCopy]) throws(CatalogError)

    /// The mails that were received on a day.
    ///
    /// - Parameter living: the nodes that live: a copy on one that was declared lost, and is none of these,
    ///   is no copy.
    func dayBook(
        of day: Day, living: [NodeID], today: Day
    ) throws(CatalogError) -> CatalogDay

    /// What lies at these places is a copy no longer: the storage says that it is damaged or not there.
    /// A mail's last copy stays.
    func forget(_ node: NodeID, copies: [CopyPlace]) throws(CatalogError)

    /// Of some places that are damaged at a node: whose copies lay there, and whether their mails have all
    /// their copies without them. What is no news is left out.
    func known(_ damaged: [DamagedCopy], at node: NodeID) throws(CatalogError) -> [DamagedCopy]

    /// Whether copies on one disk count as several; a change makes all be counted again.
    func setDisksMayBeShared(_ mayBe: Bool) throws(CatalogError)

    /// From now on the copies of a node count, or do not; `recount` tells its mails.
    func setCounts(_ node: NodeID, _ counts: Bool, isGone: Bool) throws(CatalogError)

    /// Tells some mails what changed about their nodes; false when all know.
    func recount(limit: Int) throws(CatalogError) -> Bool

    /// Mails and notes with fewer copies that count than wanted, by time of receipt, from a place on; only
    /// those received before a moment, for younger ones are still on their way. Costs nothing for the rest.
    func short(
        after place: ShortPlace, before moment: Timestamp, limit: Int
    ) throws(CatalogError) -> [ShortMail]

    /// Those of some that are still short.
    func stillShort(_ ids: [MailID]) throws(CatalogError) -> [MailID]

    /// How many are short, at most `limit`.
    ///
    /// - Parameter node: only those of which this node has a copy.
    func shortCount(
        before moment: Timestamp, at node: NodeID?, limit: Int
    ) throws(CatalogError) -> Int

    /// Enters what a person wants of mails, all at once, for whoever holds a copy now or gets one later; a
    /// purge takes the mail out. Returns who holds one of each, those among them that were emptied or declared
    /// lost; nil where there is no such mail.
    func enter(_ orders: [StorageOrder]) throws(CatalogError) -> [[NodeID]?]

    /// The orders of people that a node has not confirmed, oldest first.
    func dues(of node: NodeID, limit: Int) throws(CatalogError) -> [StorageOrder]

    /// A node has a person's order in its segments.
    func confirm(_ orders: [StorageOrder]) throws(CatalogError)

    /// Those of some mails that were purged and whose octets, were they received on a day, are not to be
    /// taken; and until which day.
    func purged(_ mails: [MailID], on day: Day) throws(CatalogError) -> [MailID: Day]

    /// The nodes that have not confirmed a person's order about a mail, those among them that were emptied or
    /// declared lost.
    func unconfirmed(_ order: MailID, of mail: MailID) throws(CatalogError) -> [NodeID]

    /// How many nodes have a note, as far as they have shipped it.
    func noteCopies(_ note: MailID) throws(CatalogError) -> Int

    /// Mails that must not expire, from an id on, and the number of the list.
    func holds(
        after mail: MailID?, limit: Int
    ) throws(CatalogError) -> (number: Int64, mails: [MailID])

    /// Numbers by which work that never ends finds its place again after a restart.
    func marks() throws(CatalogError) -> [String: Int64]

    func set(_ marks: [String: Int64]) throws(CatalogError)

    func statistics() throws(CatalogError) -> Statistics

    /// Begins again with nothing but the orders that are not finished; what was there is set aside in
    /// files that `beside` names. Whoever asks meanwhile may be refused.
    func renew(beside path: String) throws(CatalogError)

    /// Something found the database damaged: what it answers is not to be believed any more.
    var isDamaged: Bool { get }

    /// Lets go of cached pages, when nobody is about to use them. Does not block.
    func giveMemoryBack()

    /// Everything that storages and people made, as sorted lines of text, the same from every
    /// engine: two catalogs with equal dumps are equal.
    func dump(_ line: (String) -> Void) throws(CatalogError)
}

/// When a mail counts as safe (step 9 of the path of a mail).
package struct AckRule: Hashable, Sendable {
    /// So many copies are enough, even when more are wanted.
    package var copies: Int
    /// Two copies on one disk count as two (D7).
    package var disksMayBeShared: Bool

    package init(copies: Int = 2, disksMayBeShared: Bool = false) {
        self.copies = copies
        self.disksMayBeShared = disksMayBeShared
    }

    /// Copies that must be entered before a mail is acked.
    package func needed(wanted: Int) -> Int {
        max(1, min(wanted, copies))
    }
}

/// What became of some items.
package struct Merged: Hashable, Sendable {
    /// The position up to which the catalog now holds what the node keeps.
    package var position: Position
    /// Mails and notes that have enough copies, each once.
    package var acks: [Ack]
    /// Mails that were purged: every gateway that has one may forget it.
    package var purged: [MailID] = []
    /// What could not be read, and why; it is passed over for good.
    package var refused: [Refused]

    /// The DAL's word to the gateways: this is safe.
    package struct Ack: Hashable, Sendable {
        package var mail: MailID
        package var gateways: [String]
        /// How many copies count.
        package var copies: Int
        /// When the mail was received, as the catalog has it: a gateway that received it at another time was
        /// handed a mail that there was before. Nil for notes, and for what was purged.
        package var received: Timestamp?

        package init(
            mail: MailID, gateways: [String], copies: Int, received: Timestamp? = nil
        ) {
            self.mail = mail
            self.gateways = gateways
            self.copies = copies
            self.received = received
        }
    }

    package struct Refused: Hashable, Sendable {
        package var mail: MailID
        package var position: Position
        package var reason: String
    }
}

/// What one step of expiry removed.
package struct Expired: Hashable, Sendable {
    package var mails: Int
    /// Full-text tables dropped whole.
    package var texts: Int
    /// There is more to remove: come again.
    package var isUnfinished: Bool
}

/// One copy, as far as its place and its mail.
package struct EnteredCopy: Hashable, Sendable {
    package var mail: MailID
    package var segment: SegmentNumber
    package var offset: UInt64
    package var position: Position

    package init(mail: MailID, segment: SegmentNumber, offset: UInt64, position: Position) {
        self.mail = mail
        self.segment = segment
        self.offset = offset
        self.position = position
    }
}

/// The mails that were received on one day.
package struct CatalogDay: Hashable, Sendable {
    /// Entered now, hidden ones included.
    package var live: Int
    /// Of those that are to be there, the ones without any copy.
    package var withoutCopy: Int
    package var expired: Int
    package var purged: Int
}

/// How many copies mails have, and on how many disks; zeros where there are no mails.
package struct CopyStatistics: Hashable, Sendable {
    package var mails: Int
    package var copies: ClosedRange<Int>
    package var disks: ClosedRange<Int>
    /// Mails with fewer copies that count than they want.
    package var short: Int
}

/// How much the catalog holds, hidden mails included.
package struct Statistics: Hashable, Sendable {
    package var mails: Int
    /// Octets of their messages as received.
    package var bytes: UInt64
    package var oldest: Timestamp?
    /// Bytes of the database.
    package var databaseBytes: UInt64
    package var nodes: [Node]

    /// What is known of one storage.
    package struct Node: Hashable, Sendable {
        package var id: NodeID
        package var name: String
        package var position: Position
        /// Copies entered: mails and notes.
        package var entries: Int
        /// Its copies count as such.
        package var counts = true
        /// Declared lost for good.
        package var isGone = false
        /// Each of its mails knows whether this copy counts.
        package var isRecounted = true
    }
}
