// SPDX-License-Identifier: Apache-2.0
// What the command line names as something to import.

internal import ArgumentParser
internal import Foundation

/// `mbox:PATH`, `maildir:DIR`, `eml:PATH`, or a path whose form is found by looking.
struct ImportSource: ExpressibleByArgument, Hashable, Sendable {
    enum Form: String, CaseIterable { case mbox, maildir, eml }

    /// Nil: found by looking.
    let form: Form?
    let path: String

    init(form: Form?, path: String) {
        self.form = form
        self.path = path
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
}

/// A file that an import reads, and how.
struct ImportFile: Hashable, Sendable {
    enum Form { case message, mbox }

    var path: String
    var form: Form
    var bytes: UInt64
}
