// SPDX-License-Identifier: Apache-2.0
// The files of conf.d, which change a configuration without touching it.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// `conf.d/*.toml` beside a configuration file, in the order of their names.
struct AddedFiles {
    static let folder = "conf.d"
    private static let filesMax = 100

    let paths: [String]

    init(beside file: String) throws {
        let folder = "\(Path.folder(of: file))/\(Self.folder)"
        guard Path.isFolder(folder) else {
            paths = []
            return
        }
        do {
            paths = try RealDisk().names(in: folder)
                .filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }.sorted()
                .map { "\(folder)/\($0)" }
        } catch {
            throw Failure(.configuration, "\(error)")
        }
        guard paths.count <= Self.filesMax else {
            throw Failure(
                .configuration, "\(folder) has more than \(Self.filesMax) files; put some together")
        }
    }

    /// Each is read by itself, so that an error in its form names it.
    func read() throws -> [ConfigurationFile] {
        try paths.map { path in
            do {
                return try ConfigurationFile(try RealDisk().text(of: path))
            } catch {
                throw Failure(.configuration, "\(path): \(error)")
            }
        }
    }

    /// A value that is wrong may stand in any of the files.
    var hint: String {
        paths.isEmpty ? "" : " with \(paths.map(Path.name).joined(separator: ", "))"
    }
}
