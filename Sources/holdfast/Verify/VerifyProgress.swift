// SPDX-License-Identifier: Apache-2.0
// How far all storages are, in one line.

internal import HoldfastNode
internal import Synchronization

final class VerifyProgress: Sendable {
    private let line = ProgressLine()
    private let answers = Mutex<[String: VerificationAnswer]>([:])

    func note(_ answer: VerificationAnswer, of storage: String) async {
        let all = answers.withLock { answers in
            answers[storage] = answer
            return Array(answers.values)
        }
        let (done, bytes) = (
            all.reduce(0) { $0 + $1.bytes_done }, all.reduce(0) { $0 + $1.bytes }
        )
        let bad = all.reduce(0) { $0 + $1.bad }
        await line.show(
            "\(ProgressBar.text(done: done, of: bytes))  \(Readable.bytes(done)) of"
                + " \(Readable.bytes(bytes)), \(bad) bad")
    }

    func end() async { await line.clear() }
}
