// SPDX-License-Identifier: Apache-2.0
// Lets a task run where its connection lives.

internal import NIOCore

/// Runs a connection's task on the event loop of its channel: a mail then changes threads only to be
/// kept, which is worth more than anything else done for speed here.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        loop.execute { job.runSynchronously(on: executor) }
    }
}
