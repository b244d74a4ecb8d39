// SPDX-License-Identifier: Apache-2.0

import HoldfastNode
import Synchronization
import Testing

@Suite("Long polls")
struct LongPollTests {
    private static let request = LeaseRequest(itemsMax: 1, bytesMax: 1, waitSeconds: 300)

    @Test(
        "what is due at any time at all is looked for again, at once or when it is due",
        arguments: [Int64.min, -1, 0, 5])
    func appointments(inMilliseconds: Int64) async {
        let clock = MachineClock()
        let looks = Mutex(0)
        let found = await Self.request.wait(for: Signal(), by: clock) { () -> LeaseLook<Int> in
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            guard count < 3 else { return .work(count) }
            let now = clock.monotonicMilliseconds
            return .nothing(until: inMilliseconds == .min ? .min : now + inMilliseconds)
        }
        #expect(found == 3)
    }

    @Test("a signal that comes during a look is not missed")
    func signalled() async {
        let signal = Signal()
        let looks = Mutex(0)
        let clock = MachineClock()
        let found = await Self.request.wait(for: signal, by: clock) { () -> LeaseLook<Int> in
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            guard count < 2 else { return .work(count) }
            signal.notify()
            return .nothing(until: nil)
        }
        #expect(found == 2)
    }

    @Test("nothing is waited for when the request does not wait", arguments: [Int64?.none, .max])
    func noWait(until: Int64?) async {
        let request = LeaseRequest(itemsMax: 1, bytesMax: 1, waitSeconds: 0)
        let found: Int? = await request.wait(for: Signal(), by: MachineClock()) {
            .nothing(until: until)
        }
        #expect(found == nil)
    }
}
