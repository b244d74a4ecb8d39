// SPDX-License-Identifier: Apache-2.0
// Orders: what a person asked for, until the gateway that does it has noted that it is done.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func add(
        _ order: Order, _ stage: OrderState.Stage, now: Timestamp
    ) throws(CatalogError) {
        try write { database in
            // Its note may have come first, when the catalog was made again meanwhile.
            let isDone = try Bool.fetchOne(
                database.cachedStatement(
                    sql: "SELECT 1 FROM qt_notes WHERE mail_id = ? AND order_id = ?"),
                arguments: [order.mail.data, order.id.data])
            let stage = isDone == nil ? stage : .finished
            try database.execute(
                sql: """
                    INSERT INTO qt_orders (order_id, mail_id, gateway, stage, reason, since,
                        ordered, ordered_by, encoded)
                    VALUES (?, ?, ?, ?, '', ?, ?, ?, ?) ON CONFLICT (order_id) DO NOTHING
                    """,
                arguments: [
                    order.id.data, order.mail.data, order.gateway, stage.rawValue,
                    now.milliseconds, order.ordered.milliseconds, order.by, Data(order.encoded),
                ])
        }
    }

    package func orders(for mail: MailID) throws(CatalogError) -> [OrderState] {
        try read { try OrderRows.all(of: mail, $0) }
    }

    package func pendingOrders(limit: Int) throws(CatalogError) -> [Order] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT order_id, encoded FROM qt_orders WHERE stage = 'queued'
                        ORDER BY ordered, order_id LIMIT ?
                        """), arguments: [max(0, limit)]
            ).map { try OrderRows.order(id: $0[0], encoded: $0[1]) }
        }
    }

    package func setState(
        _ order: MailID, _ stage: OrderState.Stage, reason: String, now: Timestamp
    ) throws(CatalogError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE qt_orders SET stage = ?, reason = ?, since = ?
                    WHERE order_id = ? AND stage <> 'finished'
                    """,
                arguments: [stage.rawValue, reason, now.milliseconds, order.data])
        }
    }
}

enum OrderRows {
    static func all(of mail: MailID, _ database: Database) throws -> [OrderState] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT order_id, encoded, stage, reason, since FROM qt_orders WHERE mail_id = ?
                    ORDER BY ordered, order_id
                    """), arguments: [mail.data]
        ).map { row in
            guard let stage = OrderState.Stage(rawValue: row[2]) else {
                throw CatalogError.damaged("an order in an unknown stage")
            }
            return OrderState(
                order: try order(id: row[0], encoded: row[1]), stage: stage, reason: row[3],
                since: Timestamp(milliseconds: row[4]))
        }
    }

    static func order(id: Data, encoded: Data) throws -> Order {
        guard let id = MailID(bytes: id) else {
            throw CatalogError.damaged("the id of an order has \(id.count) bytes")
        }
        do {
            return try Order(id: id, decoding: Array(encoded)[...])
        } catch {
            throw CatalogError.damaged("an order cannot be read: \(error)")
        }
    }
}
