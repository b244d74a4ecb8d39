// SPDX-License-Identifier: Apache-2.0
// A process that a test starts, by the system's own calls: Foundation's waits for run loops.

import Foundation

/// One running process; its output and its messages go into files.
///
/// It is the first of a group of its own, so that it can be ended together with what it has started,
/// and it ends with the thread that started it, so that nothing is left of tests that were ended.
final class Child {
    let id: pid_t
    private let name: String
    /// How it ended, once it has: the exit code, or 128 and the signal.
    private var code: Int32?

    /// - Parameter words: the path of what is run, and its arguments.
    init(_ words: [String], input: String = "/dev/null", output: String, messages: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, messages, flags, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of the tests block signals that the program must hear.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let words = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] + words
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, words[0], &actions, &attributes, &pointers, environ)
        guard code == 0 else { throw NeverHappened(what: "\(words) is started (\(code))") }
        self.id = id
        name = words.dropFirst(4).joined(separator: " ")
    }

    var hasEnded: Bool { ending != nil }

    private var ending: Int32? {
        guard code == nil else { return code }
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return code
    }

    /// Waits for its end; ends it when that does not come.
    func wait(seconds: Double = 120) throws -> Int32 {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if let ending { return ending }
            usleep(2000)
        }
        killGroup()
        throw NeverHappened(what: "\(name) ends within \(seconds) s")
    }

    /// Asks it to end in good order, and waits for that.
    func end() throws -> Int32 {
        if !hasEnded { kill(id, SIGTERM) }
        return try wait(seconds: 60)
    }

    /// Without a word of warning, together with whatever it has started: a process that writes the
    /// backtrace of a crash would hold on to the ports.
    func killGroup() {
        guard !hasEnded else { return }
        kill(-id, SIGKILL)
        while !hasEnded { usleep(1000) }
    }
}
