// SPDX-License-Identifier: Apache-2.0
// A process of the program, by the system's own calls: Foundation's waits for run loops.

import Foundation

/// One running process; its output and its messages go into files.
final class Child {
    let id: pid_t

    init(_ arguments: [String], output: String, messages: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, messages, flags, 0o600)
        var words = ([program ?? ""] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, program ?? "", &actions, nil, &words, environ)
        guard code == 0 else { throw SocketError(what: "the program cannot be started: \(code)") }
        self.id = id
    }

    /// Waits for its end; the exit code, or 128 and the signal.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    func end(_ signal: Int32) -> Int32 {
        kill(id, signal)
        return wait()
    }
}
