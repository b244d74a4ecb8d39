// SPDX-License-Identifier: Apache-2.0
// Tasks that are begun without saying where they run.

internal import Foundation
internal import Synchronization

/// Brings what would run on the system's threads to the loop of the simulation: libraries begin tasks
/// of their own, which would run at some time beside it.
///
/// Swift has this hook for those who bring an executor of their own; there is no public name for it.
enum EveryTask {
    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    private static let loop = Mutex<EventLoop?>(nil)

    /// From now on all of them run on this loop.
    static func runs(on loop: EventLoop) {
        self.loop.withLock { $0 = loop }
        guard let place = dlsym(dlopen(nil, RTLD_LAZY), "swift_task_enqueueGlobal_hook") else {
            preconditionFailure("this Swift lets nobody bring an executor of his own")
        }
        place.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
            guard let loop = EveryTask.loop.withLock({ $0 }) else { return original(job) }
            loop.enqueue(job)
        }
    }
}
