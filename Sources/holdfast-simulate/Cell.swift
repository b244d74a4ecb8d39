// SPDX-License-Identifier: Apache-2.0
// A value that several parts of a simulation change; there is one thread, the lock is for the compiler.

internal import Synchronization

final class Cell<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) {
        held = Mutex(value)
    }

    var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        held.withLock { value in body(&value) }
    }
}
