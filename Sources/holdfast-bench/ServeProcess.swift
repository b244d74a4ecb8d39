// SPDX-License-Identifier: Apache-2.0
// One `holdfast serve`, started and ended again and again.

internal import Foundation

/// The process that serves one configuration; its log lies beside that.
final class ServeProcess {
    let folder: String
    private let program: String
    private var process = Process()

    /// - Parameter folder: where `holdfast.toml` lies.
    init(program: String, folder: String) {
        (self.program, self.folder) = (program, folder)
    }

    var configuration: String { folder + "/holdfast.toml" }
    var isRunning: Bool { process.isRunning }

    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["serve", "--config", configuration]
        process.standardOutput = FileHandle.nullDevice
        let log = folder + "/log"
        if !FileManager.default.fileExists(atPath: log) {
            try Data().write(to: URL(fileURLWithPath: log))
        }
        let messages = FileHandle(forWritingAtPath: log)
        try messages?.seekToEnd()
        process.standardError = messages
        try process.run()
    }

    /// Ends it in good order; its exit code.
    @discardableResult
    func stop() -> Int32 {
        guard process.isRunning else { return 0 }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Seconds of CPU that it has used.
    var cpuSeconds: Double {
        let path = "/proc/\(process.processIdentifier)/stat"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let rest = text.split(separator: ")").last
        else { return 0 }
        let fields = rest.split(separator: " ")
        return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / 100
    }
}
