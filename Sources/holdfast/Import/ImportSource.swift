// SPDX-License-Identifier: Apache-2.0
// What the command line names as something to import.

internal import ArgumentParser
internal import Foundation

/// `mbox:PATH`, `maildir:DIR`, `eml:PATH`, or a path whose form is found by looking; `-` for a path is
/// standard input.
struct ImportSource: ExpressibleByArgument, Hashable, Sendable {
    enum Form: String, CaseIterable { case mbox, maildir, eml }

    /// Nil: found by looking.
    let form: Form?
    let path: String
    /// The path as people know it.
    let name: String

    init(form: Form?, path: String, name: String? = nil) {
        self.form = form
        self.path = path
        self.name = name ?? path
    }

    init?(argument: String) {
        for form in Form.allCases where argument.hasPrefix("\(form.rawValue):") {
            let path = argument.dropFirst(form.rawValue.count + 1)
            guard !path.isEmpty else { return nil }
            self.init(form: form, path: String(path))
            return
        }
        guard !argument.isEmpty else { return nil }
        self.init(form: nil, path: argument)
    }

    var isStandardInput: Bool { path == "-" }

    /// The same, whose octets lie at another path.
    func reading(_ path: String) -> ImportSource {
        ImportSource(form: form, path: path, name: name)
    }
}

extension ImportSource: CustomStringConvertible {
    /// As the command line has it.
    var description: String { form.map { "\($0.rawValue):\(name)" } ?? name }
}

/// A file that an import reads, and how.
struct ImportFile: Hashable, Sendable {
    enum Form { case message, mbox }

    var path: String
    var form: Form
    var bytes: UInt64
    /// The path as people know it.
    var name: String

    init(path: String, form: Form, bytes: UInt64) {
        self.path = path
        self.form = form
        self.bytes = bytes
        name = path
    }
}
